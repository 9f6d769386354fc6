# shellcheck shell=sh
# One copy of the ledger is damaged: nothing is refused.

latest_then_broken
mount_system
head -c 300 /dev/urandom >/run/sys/boot/zshield/ledger.a
offered latest
echo fresh >/run/sys/token
backup
one_latest fresh
umount /run/sys/boot /run/sys
