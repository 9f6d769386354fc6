# shellcheck shell=sh
# The last change of LVM's metadata is undone, and LVM finds the group sound.

lvm vgck vgroup
test -z "$(lvm vgs --noheadings -o vg_tags vgroup | tr -d ' ')"
