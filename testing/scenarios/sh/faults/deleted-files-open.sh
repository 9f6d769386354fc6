# shellcheck shell=sh
# A backup is made while deleted files are open: they are orphans in its filesystem.

mount_system
echo latest >/run/sys/token
# Unlinked at once, with blocks, and one that is still being cut shorter than it was.
exec 8>/run/sys/held 9>/run/sys/usr/held
head -c 3000000 /dev/urandom >&8
head -c 70000 /dev/urandom >&9
sync
rm /run/sys/held /run/sys/usr/held
backup
dumpe2fs -h /dev/vgroup/snap1 2>/dev/null | grep -e 'First orphan' -e orphan_present
sum=$(sha256sum </dev/vgroup/snap1)
offered latest
test "$sum" = "$(sha256sum </dev/vgroup/snap1)"
echo broken >/run/sys/token
exec 8>&- 9>&-
umount /run/sys/boot /run/sys
