# shellcheck shell=sh
# Breaks root and /boot.

mount_system
echo broken >/run/sys/token
rm -rf /run/sys/usr/lib/systemd /run/sys/etc/zshield
head -c 20000000 /dev/urandom >/run/sys/usr/bin/broken
rm -f /run/sys/boot/vmlinuz-*
echo "a kernel" >/run/sys/boot/vmlinuz-broken
sync
umount /run/sys/boot /run/sys
