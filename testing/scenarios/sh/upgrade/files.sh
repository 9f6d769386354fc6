# shellcheck shell=sh
# A bundle of files was applied: they are there as it says, and nothing else has changed. A check finds nothing, and
# finds it when somebody changes one of them.
# Takes SHARED.

test "$(cat /run/sys/usr/lib/tools/new)" = 'a tool'
test "$(stat -c '%a %u %g' /run/sys/usr/lib/tools/new)" = '750 0 7'
test "$(stat -c '%a %u %g' /run/sys/usr/lib/tools)" = '755 0 0'
test "$(cat /run/sys/etc/settings)" = 'one and a half'
test "$(cat /run/sys/etc/shared)" = mine
cmp "$SHARED/shared" /run/sys/etc/shared.zshield-new
test ! -e /run/sys/usr/lib/gone
test "$(cat /run/sys/boot/config-more)" = more
test "$(cat /run/sys/etc/own)" = own
test "$(cat /run/hooked)" = '1.0.0 1.1.0'
grep -q vmlinuz-6.1.0-small /run/sys/boot/zshield/system.cfg
grep -q '"version":"1.1.0"' /run/sys/boot/zshield/ledger.?
has_word zshield_trial 1
has_no_word zshield_recover
no_system_files_differ
cp -p /run/sys/usr/lib/tools/new /run/kept
echo more >>/run/sys/usr/lib/tools/new
if no_system_files_differ; then exit 1; fi
grep usr/lib/tools/new /run/checked
cp -p /run/kept /run/sys/usr/lib/tools/new
no_system_files_differ
umount /run/sys/boot /run/sys
