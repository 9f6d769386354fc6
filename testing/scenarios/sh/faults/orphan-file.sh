# shellcheck shell=sh
# Newer systems keep orphans in a file and not in a list.

lvm vgchange -q -ay vgroup
e2fsck -fp /dev/vgroup/lv-root
tune2fs -O orphan_file /dev/vgroup/lv-root
lvm vgchange -q -an vgroup
