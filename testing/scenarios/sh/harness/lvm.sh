# shellcheck shell=sh
# Partitions, LVM, a snapshot on another disk.

printf 'label: gpt\nsize=32M\nsize=128M\n' | sfdisk -q /dev/ubda
mkfs.vfat /dev/ubda1
mkdir /run/m
mount -o iocharset=ascii /dev/ubda1 /run/m
umount /run/m
lvm pvcreate -q -y /dev/ubda2
lvm pvcreate -q -y /dev/ubdb
lvm vgcreate -q vgroup /dev/ubda2 /dev/ubdb
lvm lvcreate -q -y -L 64m -n lv-root vgroup /dev/ubda2
mkfs.ext4 -q /dev/vgroup/lv-root
mount /dev/vgroup/lv-root /run/m
echo factory >/run/m/state
lvm lvcreate -q -y -s -c 256k -l 100%ORIGIN -n snap0 vgroup/lv-root /dev/ubdb
echo changed >/run/m/state
mkdir /run/s
mount -o ro /dev/vgroup/snap0 /run/s
test "$(cat /run/s/state)" = factory
umount /run/s /run/m
lvm vgchange -q -an vgroup
