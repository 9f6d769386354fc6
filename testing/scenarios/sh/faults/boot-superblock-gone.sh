# shellcheck shell=sh
# The superblock of /boot is garbage, and its copies are not: fsck goes by them, and nothing is lost.

latest_then_broken
head -c 1024 /dev/urandom | dd of=/dev/ubda3 bs=1024 seek=1 conv=notrunc,fsync status=none
mkdir -p /run/lost
if mount -t ext4 /dev/ubda3 /run/lost; then exit 1; fi
if recover latest --dry-run | grep 'mke2fs.*/dev/ubda3'; then exit 1; fi
recover latest
restored_to snap1
made_anew
