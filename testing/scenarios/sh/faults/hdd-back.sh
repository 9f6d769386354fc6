# shellcheck shell=sh
# The HDD is back: its snapshots could not follow and are not gone back to, until the next backup.

mount_system
test "$(cat /run/sys/token)" = third
# LVM calls them valid: only the note says what they are worth.
no_invalid
refused "There is no way back to the latest backup" offered latest
offered_by_image factory
echo fourth >/run/sys/token
backup
test ! -e /run/sys/boot/zshield/degraded
one_latest fourth
offered latest
offered factory
umount /run/sys/boot /run/sys
