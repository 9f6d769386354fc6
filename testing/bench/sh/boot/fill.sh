# shellcheck shell=sh
# Fills the stores of both snapshots, in the order of root.
# Takes XTASK.

lvm vgchange -q -ay vgroup
for name in snap0 snap1; do
    "$XTASK" guest fill --in-order /dev/mapper/vgroup-$name-cow /dev/vgroup/lv-root
done
lvm vgchange -q -an vgroup
