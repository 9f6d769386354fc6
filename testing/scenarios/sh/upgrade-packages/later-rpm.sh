# shellcheck shell=sh
# An older package is refused. A newer one comes over configuration that was changed here: one file stays, one becomes the
# package's, both are listed before, and each is laid beside the other. Then back.
# Takes KEYS, SHARED.

mount_system
if zshield --lang en upgrade "$SHARED/older.zsb" --root /run/sys --yes >/run/said 2>&1; then exit 1; fi
cat /run/said
grep 'one-1.0-1.x86_64 (which is newer than one-0.9-1.x86_64) is already installed' /run/said
echo here >/run/sys/etc/one.stays
echo here >/run/sys/etc/one.becomes
zshield backup --root /run/sys
zshield --lang en upgrade "$SHARED/newer.zsb" --root /run/sys --dry-run >/run/shown
cat /run/shown
grep "etc/one.stays: changed here and in the new version; this machine’s stays" /run/shown
grep "etc/one.becomes: changed here and in the new version; it becomes the new version’s" /run/shown
zshield --lang en upgrade "$SHARED/newer.zsb" --root /run/sys --yes
test "$(cat /run/sys/etc/one.stays)" = here
test "$(cat /run/sys/etc/one.stays.rpmnew)" = 2.0
test "$(cat /run/sys/etc/one.becomes)" = 2.0
test "$(cat /run/sys/etc/one.becomes.rpmsave)" = here
test "$(cat /run/sys/usr/lib/one/file)" = 'one 2.0'
no_system_files_differ
umount /run/sys/boot /run/sys
zshield recover latest --slot /run/golden/a --keys "$KEYS" --yes
mount_system
test "$(cat /run/sys/usr/lib/one/file)" = 'one 1.0'
grep -q '"version":"1.2.0"' /run/sys/boot/zshield/ledger.?
zshield --lang en check --root /run/sys
umount /run/sys/boot /run/sys
