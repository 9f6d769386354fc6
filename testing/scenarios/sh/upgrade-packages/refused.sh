# shellcheck shell=sh
# Packages that the package manager does not take: its words are passed on, and nothing has changed.
# Takes SHARED.

mount_system
mount /dev/vgroup/lv-user /run/sys/home
refused() {
    if zshield --lang en upgrade "$SHARED/$1.zsb" --root /run/sys --yes >/run/said 2>&1; then return 1; fi
    cat /run/said
    grep "$2" /run/said
    grep 'Nothing was changed' /run/said
    test ! -e /run/sys/var/lib/zshield/upgrade/packages
}
refused foreign 'package architecture (arm64) does not match'
refused needy 'needy : Depends: absent (>= 7)'
refused data 'The package data holds the file /home/file'
echo 'format = 1' >/run/answers
if zshield --lang en upgrade "$SHARED/packages.zsb" --root /run/sys --yes --answers /run/answers 2>/run/said; then
    exit 1
fi
grep 'takes no file of answers' /run/said
umount /run/sys/home
is_old
zshield --lang en upgrade "$SHARED/packages.zsb" --root /run/sys --dry-run --json >/run/shown
cat /run/shown
grep -q '"kind": "packages"' /run/shown
grep -q '"one 1.0"' /run/shown
grep -q '"step": "install-packages"' /run/shown
zshield --lang en upgrade "$SHARED/packages.zsb" --root /run/sys --dry-run >/run/shown
grep 'two 1.0, one 1.0, kernel 6.1.2' /run/shown
grep 'chroot /run/sys env --unset=TMPDIR DEBIAN_FRONTEND=noninteractive' /run/shown
test ! -e /run/sys/var/lib/zshield/upgrade/packages
is_old
umount /run/sys/boot /run/sys
