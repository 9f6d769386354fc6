# shellcheck shell=sh
# One sector of the superblock of /boot is newer than the other: the kernel does not mount it.

latest_then_broken
lvm vgchange -q -an vgroup
# The number of free blocks; the checksum is in the next sector.
printf '\377\377' | dd of=/dev/ubda3 bs=1 seek=1036 conv=notrunc,fsync status=none
mkdir -p /run/torn
if mount -t ext4 /dev/ubda3 /run/torn; then exit 1; fi
