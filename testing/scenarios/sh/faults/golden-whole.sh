# shellcheck shell=sh
# The Golden Image is whole again: the recovery ends.
# Takes SHARED.

umount /run/golden
block=$(debugfs -R "blocks /a/root.squashfs" /dev/ubda4 2>/dev/null | awk '{print $(int(NF / 2))}')
dd if="$SHARED/kept" of=/dev/ubda4 bs=1k seek="$block" conv=notrunc,fsync status=none
mount -o ro,noload /dev/ubda4 /run/golden
recover factory
one_latest latest
mount_system
test ! -e /run/sys/token
offered factory
offered latest
