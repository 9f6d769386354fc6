# shellcheck shell=sh
# Fills the store of each snapshot that the kernel follows root with, in the order of root.
# Takes XTASK.

lvm vgchange -q -ay vgroup
for store in /dev/mapper/vgroup-snap?-cow; do
    "$XTASK" guest fill --in-order "$store" /dev/vgroup/lv-root
done
lvm vgchange -q -an vgroup
