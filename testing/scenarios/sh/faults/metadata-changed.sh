# shellcheck shell=sh
# LVM's metadata is changed once more; then its text is lost.

latest_then_broken
lvm vgchange -q --addtag new vgroup
lvm vgchange -q -an vgroup
