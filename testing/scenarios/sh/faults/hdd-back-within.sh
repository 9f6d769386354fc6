# shellcheck shell=sh
# The next backup leaves one latest snapshot and nothing else.

mount_system
# The one before, whole and offered, until another is made.
offered latest
grep -o '"snapshot":"[^"]*"' /run/way-latest | grep -q '"snap1"'
mkdir -p /run/snap
mount -o ro,noload /dev/vgroup/snap1 /run/snap
grep first /run/snap/token
umount /run/snap
echo third >/run/sys/token
backup
mount -o ro,noload /dev/vgroup/snap1 /run/snap
grep third /run/snap/token
umount /run/snap
no_invalid
volumes | grep -v -e next -e old
offered latest
offered factory
