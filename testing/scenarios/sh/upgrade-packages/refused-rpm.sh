# shellcheck shell=sh
# Packages that rpm does not take: its words are passed on, and nothing has changed.
# Takes SHARED.

mount_system
refused() {
    if zshield --lang en upgrade "$SHARED/$1.zsb" --root /run/sys --yes >/run/said 2>&1; then return 1; fi
    cat /run/said
    grep "$2" /run/said
    grep 'Nothing was changed' /run/said
    test ! -e /run/sys/var/lib/zshield/upgrade/packages
}
refused foreign 'intended for a different architecture'
refused needy 'absent >= 7 is needed by needy-1.0-1.x86_64'
is_old
zshield --lang en upgrade "$SHARED/packages.zsb" --root /run/sys --dry-run >/run/shown
cat /run/shown
grep 'two 1.0-1, one 1.0-1' /run/shown
grep 'chroot /run/sys env --unset=TMPDIR rpm --upgrade --replacepkgs' /run/shown
test ! -e /run/sys/var/lib/zshield/upgrade/packages
is_old
umount /run/sys/boot /run/sys
