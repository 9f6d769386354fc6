# shellcheck shell=sh
# Bundles of files that this machine does not take: it says why, and nothing has changed.
# Takes SHARED.

mount_system
refused() {
    if zshield --lang en upgrade "$SHARED/$1.zsb" --root /run/sys --yes >/run/said 2>&1; then return 1; fi
    cat /run/said
    grep "$2" /run/said
    grep 'Nothing was changed' /run/said
}
refused own '/home/file, which belongs to this machine'
refused through '/bin is not a directory in this version'
refused onto '/usr/lib, where this version has a directory'
is_old
zshield --lang en upgrade "$SHARED/files.zsb" --root /run/sys --dry-run --json >/run/shown
grep -q '"kind": "files"' /run/shown
grep -q '"path": "etc/shared"' /run/shown
umount /run/sys/boot /run/sys
