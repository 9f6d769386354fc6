# shellcheck shell=sh
# The HDD is back: its snapshots are not gone back to, and the next backup is.

mount_system
no_invalid
refused "There is no way back to the latest backup" offered latest
echo third >/run/sys/token
backup
test ! -e /run/sys/boot/zshield/degraded
one_latest third
