# shellcheck shell=sh
# A downgrade is refused. A newer package comes over what was changed here: that stays, and is listed before; the new one
# lies beside it. Then back.
# Takes KEYS, SHARED.

mount_system
if zshield --lang en upgrade "$SHARED/older.zsb" --root /run/sys --yes >/run/said 2>&1; then exit 1; fi
cat /run/said
grep 'will not downgrade one from 1.0 to 0.9' /run/said
echo here >/run/sys/etc/one.conf
zshield backup --root /run/sys
zshield --lang en upgrade "$SHARED/newer.zsb" --root /run/sys --dry-run >/run/shown
grep "etc/one.conf: changed here and in the new version; this machine’s stays" /run/shown
zshield --lang en upgrade "$SHARED/newer.zsb" --root /run/sys --yes
test "$(cat /run/sys/etc/one.conf)" = here
test "$(cat /run/sys/etc/one.conf.dpkg-dist)" = 2.0
test "$(cat /run/sys/usr/lib/one/file)" = 'one 2.0'
no_system_files_differ
umount /run/sys/boot /run/sys
zshield recover latest --slot /run/golden/a --keys "$KEYS" --yes
mount_system
test "$(cat /run/sys/usr/lib/one/file)" = 'one 1.0'
grep -q '"version":"1.2.0"' /run/sys/boot/zshield/ledger.?
zshield --lang en check --root /run/sys
umount /run/sys/boot /run/sys
