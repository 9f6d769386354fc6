# shellcheck shell=sh
# Over two bundles of files comes a whole system that was made from the version below both.
# Takes KEYS, SHARED.

mount_system
test "$(cat /run/sys/usr/lib/tools/new)" = 'another tool'
test ! -e /run/sys/etc/settings
zshield --lang en upgrade "$SHARED/next.zsb" --root /run/sys --yes
test ! -e /run/sys/usr/lib/tools
test "$(cat /run/sys/etc/settings)" = two
test -e /run/sys/var/lib/zshield/release/manifest.minisig
test ! -e /run/sys/var/lib/zshield/release/bundle-001
no_system_files_differ
umount /run/sys/boot /run/sys
zshield recover latest --slot /run/golden/a --keys "$KEYS" --yes
mount_system
grep -q '"version":"1.2.0"' /run/sys/boot/zshield/ledger.?
zshield --lang en check --root /run/sys
umount /run/sys/boot /run/sys
