# shellcheck shell=sh
# What an administrator changes: an account, a file that the new version changes too, and one of his own.
# Takes SHARED.

mount_system
change_as_administrator /run/sys
echo data >/run/data
mount /dev/vgroup/lv-user /run/sys/home
cp /run/data /run/sys/home/data
umount /run/sys/home
zshield backup --root /run/sys
digest /run/sys >"$SHARED/before"
rm -rf "$SHARED/boot-before"
cp -a /run/sys/boot "$SHARED/boot-before"
umount /run/sys/boot /run/sys
