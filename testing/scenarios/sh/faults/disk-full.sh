# shellcheck shell=sh
# Root and /boot are full to the last block: the backup is refused, and the one before stays.

latest_then_broken
mount_system
dd if=/dev/zero of=/run/sys/full bs=1M status=none || true
dd if=/dev/zero of=/run/sys/full.too bs=4096 status=none || true
dd if=/dev/zero of=/run/sys/boot/full bs=4096 status=none || true
test "$(df --output=avail /run/sys | tail -1 | tr -d ' ')" = 0
refused '(save-boot) failed' backup
one_latest latest
umount /run/sys/boot /run/sys
