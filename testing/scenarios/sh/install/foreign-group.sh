# shellcheck shell=sh
# A disk with a volume group of the name of ours.

lvm pvcreate -q -y /dev/ubda
lvm vgcreate -q vgroup /dev/ubda
lvm lvcreate -q -y -L 16m -n lv-precious vgroup
