# shellcheck shell=sh
# A backup of a system that is used.

mount_system
mkdir /run/sys/etc/vendor
for number in 1 2 3 4 5 6 7 8; do
    head -c 300000 /dev/urandom >/run/sys/etc/vendor/$number
done
echo latest >/run/sys/token
zshield backup --root /run/sys
