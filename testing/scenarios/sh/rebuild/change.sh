# shellcheck shell=sh
# The group is changed once more than its installation did.

lvm vgchange -q --addtag new vgroup
lvm vgchange -q -an vgroup
