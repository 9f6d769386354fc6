# shellcheck shell=sh
# What the scripts about upgrades can call.
# Takes OLD, SHARED. Calls functions of appliance.sh and compare.sh.

# The new version's payload is in /run/next.
mount_next() {
    mkdir -p /run/next /run/stick-next
    mount -o ro,noload /dev/ubdd3 /run/stick-next
    mount -t squashfs -o ro,loop /run/stick-next/a/root.squashfs /run/next
}
# All of a system in a directory, with all that is known of it, but for what zshield notes there.
digest() {
    tar -C "$1" --sort=name --numeric-owner --xattrs --exclude ./boot --exclude ./var/lib/zshield \
        --exclude ./home --exclude ./var/log -c . | sha256sum
}
# GRUB's environment has this word, with this value.
has_word() { grep -q "^$1=$2\$" /run/sys/boot/zshield/grubenv; }
has_no_word() { if grep "^$1=" /run/sys/boot/zshield/grubenv; then return 1; fi; }
# The system is the new version, with what is the machine's own.
is_new() {
    same_trees -x boot -x home -x log -x lost+found -x fstab -x machine-id -x 'ssh_host_*' -x zshield \
        -x 66-zshield.rules -x passwd -x shared -x 'shared.zshield-new' -x own /run/next /run/sys
    cmp /run/next/etc/shared /run/sys/etc/shared.zshield-new
    test "$(cat /run/sys/etc/shared)" = mine
    test "$(cut -d: -f1 /run/sys/etc/passwd | tr '\n' ' ')" = "root me new "
    for file in /run/next/boot/*; do cmp "$file" "/run/sys/boot/${file##*/}"; done
    test "$(ls /run/sys/boot/vmlinuz-*)" = /run/sys/boot/vmlinuz-6.1.1-small
    grep -q vmlinuz-6.1.1-small /run/sys/boot/zshield/system.cfg
    grep -q '"version":"2.0.0"' /run/sys/boot/zshield/ledger.a /run/sys/boot/zshield/ledger.b
    cmp /run/sys/usr/lib/more/link /run/next/usr/lib/new
    test "$(stat -c %i /run/sys/usr/lib/new)" = "$(stat -c %i /run/sys/usr/lib/new-again)"
}
# The system is what it was before, and so is /boot.
is_old() {
    digest /run/sys | cmp - "$SHARED/before"
    same_boot "$SHARED/boot-before" /run/sys/boot
    grep -q "\"version\":\"$OLD\"" /run/sys/boot/zshield/ledger.a /run/sys/boot/zshield/ledger.b
    has_no_word zshield_trial
    has_no_word zshield_recover
    mkdir -p /run/home
    mount -o ro /dev/vgroup/lv-user /run/home
    test "$(cat /run/home/data)" = data
    umount /run/home
}
# A check finds no difference of system files. What it says is in /run/checked.
no_system_files_differ() {
    zshield --lang en check --root /run/sys >/run/checked || test $? = 4
    cat /run/checked
    if grep 'System files' /run/checked; then return 1; fi
}
