# shellcheck shell=sh
# Ends a backup that was cut, and looks at the latest backup before and after.

mount_system
found=$(zshield recover latest --offline --root /run/sys --dry-run --json | sed -n 's/.*"snapshot":"\([^"]*\)".*/\1/p')
test -n "$found"
mkdir -p /run/snap
mount -o ro,noload "/dev/vgroup/$found" /run/snap
token=$(cat /run/snap/token)
umount /run/snap
echo "after the cut: $found holds $token, root holds $(cat /run/sys/token)"
test "$token" = "$(cat /run/sys/token)" || test "$token" = "$(cat /run/sys/token.before)"
zshield backup --root /run/sys
all_volumes
mount -o ro,noload /dev/vgroup/snap1 /run/snap
cmp /run/snap/token /run/sys/token
umount /run/snap
