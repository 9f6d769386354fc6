# shellcheck shell=sh
# What the scripts about upgrades can call.
# Takes OLD, SHARED. Calls functions of appliance.sh and compare.sh.

# All of a system in a directory, with all that is known of it, but for what zshield notes there.
digest() {
    tar -C "$1" --sort=name --numeric-owner --xattrs --exclude ./boot --exclude ./var/lib/zshield \
        --exclude ./home --exclude ./tmp --exclude ./var/log -c . | sha256sum
}
# GRUB's environment has this word, with this value.
has_word() { grep -q "^$1=$2\$" /run/sys/boot/zshield/grubenv; }
has_no_word() { if grep "^$1=" /run/sys/boot/zshield/grubenv; then return 1; fi; }
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
# The mounted system is looked at now, and then has to be what it was.
as_it_was() {
    digest /run/sys >/run/before
    cp -a /run/sys/boot /run/boot-before
}
unchanged() {
    digest /run/sys | cmp - /run/before
    diff -r /run/boot-before /run/sys/boot
}
# The bundle $1 is refused in a language with these words.
is_refused() {
    status=0
    zshield --lang "$2" upgrade "$SHARED/bundles/$1.zsb" --root /run/sys --yes >/run/said 2>&1 || status=$?
    cat /run/said
    test $status = 3
    grep -q "$3" /run/said
}
