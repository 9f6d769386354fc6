# shellcheck shell=sh
# Both copies of the ledger are overwritten.

mkdir -p /run/boot
mount /dev/ubda3 /run/boot
for copy in a b; do head -c 300 /dev/urandom >/run/boot/zshield/ledger.$copy; done
umount /run/boot
