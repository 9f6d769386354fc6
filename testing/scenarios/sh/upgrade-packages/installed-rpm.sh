# shellcheck shell=sh
# The packages are installed, by content a check knows what they changed, and nothing else is in order by them.

test "$(cat /run/sys/usr/lib/one/file)" = 'one 1.0'
test "$(cat /run/sys/usr/lib/two/file)" = 'two 1.0'
test "$(cat /run/sys/usr/lib/one/made)" = made
test "$(chroot /run/sys rpm -qa | sort | tr '\n' ' ')" = 'one-1.0-1.x86_64 two-1.0-1.x86_64 '
grep -q '"version":"1.2.0"' /run/sys/boot/zshield/ledger.?
test ! -e /run/sys/var/lib/zshield/upgrade/packages
has_word zshield_trial 1
has_no_word zshield_recover
no_system_files_differ
for file in usr/lib/one/made usr/lib/two/file; do
    cp -p "/run/sys/$file" /run/kept
    echo more >>"/run/sys/$file"
    if no_system_files_differ; then exit 1; fi
    grep "$file" /run/checked
    cp -p /run/kept "/run/sys/$file"
done
no_system_files_differ
umount /run/sys/boot /run/sys
