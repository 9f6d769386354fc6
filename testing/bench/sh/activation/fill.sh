# shellcheck shell=sh
# Fills the stores of two snapshots, without a write to root. ORDER is an option of `guest fill`.
# Takes ORDER, ROOT.

group
root "$ROOT"
lvm lvcreate -q -y -Zn -Wn -L 64M -n bare vgroup /dev/ubda
for name in snap0 snap1; do
    snapshot $name
    guest fill ${ORDER:+"$ORDER"} /dev/mapper/vgroup-$name-cow /dev/vgroup/root
done
lvm vgchange -q -an vgroup
