# shellcheck shell=sh
# Files are taken out of backups, and a forgotten mount keeps no backup from being made.

refused() {
    status=0
    zshield backup "$@" --root /run/sys || status=$?
    test $status = 3
}
backup() { zshield backup "$@" --root /run/sys; }

mount_system
echo first >/run/sys/token
backup
echo second >/run/sys/token
mkdir /run/latest /run/factory /run/full
echo here >/run/full/file

refused mount latest /run/full
refused mount latest /run/missing
refused umount /run/latest
backup mount latest /run/latest
backup mount factory /run/factory
test "$(cat /run/latest/token)" = first
test ! -e /run/factory/token
test -s /run/factory/etc/zshield/appliance.toml
for directory in /run/latest /run/factory; do
    if echo written >$directory/token; then exit 1; fi
    backup list | grep $directory
done

# Somebody uses one of them.
exec 3</run/latest/token
refused
exec 3<&-
test "$(cat /run/sys/token)" = second

# Nobody does any more.
backup
test ! -e /run/latest/token
test ! -e /run/factory/etc
backup mount latest /run/latest
test "$(cat /run/latest/token)" = second
backup umount /run/latest
refused umount /run/latest
backup list
backup list --json >/run/list
test "$(grep -c '"sound": true' /run/list)" = 2
if dmsetup ls | grep snap0--view; then exit 1; fi
