# shellcheck shell=sh
# The version after the smallest payload's, and what an administrator has changed of the one before it.
# Takes NEXT, the device of its stick. Calls functions of compare.sh.

# An account, a file that the next version changes too, and one of his own; in the system in $1.
change_as_administrator() {
    echo 'me:x:1000:1000::/home:/bin/sh' >>"$1/etc/passwd"
    echo mine >"$1/etc/shared"
    echo own >"$1/etc/own"
}
# The next version's payload is in /run/next.
mount_next() {
    mkdir -p /run/next /run/stick-next
    mount -o ro,noload "${NEXT}3" /run/stick-next
    mount -t squashfs -o ro,loop /run/stick-next/a/root.squashfs /run/next
}
unmount_next() { umount /run/next /run/stick-next; }
# The system in $1 is the next version, with what is the machine's own, what an administrator has changed, and what a
# program of the bundle may have left in `hooked`.
is_next() {
    same_trees -x boot -x home -x log -x lost+found -x fstab -x machine-id -x 'ssh_host_*' -x zshield \
        -x 66-zshield.rules -x passwd -x shared -x 'shared.zshield-new' -x own -x hooked /run/next "$1"
    cmp /run/next/etc/shared "$1/etc/shared.zshield-new"
    test "$(cat "$1/etc/shared")" = mine
    test "$(cat "$1/etc/own")" = own
    test "$(cut -d: -f1 "$1/etc/passwd" | tr '\n' ' ')" = "root me new "
    for file in /run/next/boot/*; do cmp "$file" "$1/boot/${file##*/}"; done
    test "$(ls "$1"/boot/vmlinuz-*)" = "$1/boot/vmlinuz-6.1.1-small"
    grep -q vmlinuz-6.1.1-small "$1/boot/zshield/system.cfg"
    grep -q '"version":"2.0.0"' "$1"/boot/zshield/ledger.?
    cmp "$1/usr/lib/more/link" /run/next/usr/lib/new
    test "$(stat -c %i "$1/usr/lib/new")" = "$(stat -c %i "$1/usr/lib/new-again")"
}
