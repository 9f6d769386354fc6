# shellcheck shell=sh
# One sector of the superblock of the Golden partition is newer than the other, as a power cut leaves it while an upgrade
# writes there: the kernel does not mount it by that, and a factory state is made of the image all the same.

umount /run/golden
lvm vgchange -q -ay vgroup
lvm lvremove -q -y -f vgroup/snap0
# The number of free blocks; the checksum is in the next sector.
printf '\377\377' | dd of=/dev/ubda4 bs=1 seek=1036 conv=notrunc,fsync status=none
mkdir -p /run/torn
if mount -t ext4 -o ro,noload /dev/ubda4 /run/torn; then exit 1; fi
mount_system
backup
all_volumes
offered factory
