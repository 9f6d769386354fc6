# shellcheck shell=sh
# A system that runs is put in ruins, and put right by a static program that lies outside of it; then
# it has to be what the latest backup is. NOTHING is a pattern for the text that nothing differs.
# Takes NOTHING.

# The system runs in a chroot: what is lost there is lost to it, and to nobody else.
begin() {
    mount_system
    echo latest >/run/sys/token
    enter
    cp /run/sys/usr/bin/zshield /run/sys/run/rescued
    from_outside backup
}
from_outside() { chroot /run/sys /run/rescued --lang en "$@"; }
garbage() { for file in "$@"; do head -c 5000 /dev/urandom >"$file"; done; }
# The name of a ruin comes first, then a command that shows it is one, and fails.
recovered() {
    ruin=$1 && shift
    echo "ruin: $ruin"
    if "$@" >/dev/null 2>&1; then echo "no ruin: $*"; return 1; fi
    status=0
    from_outside recover latest --yes >/run/said 2>&1 || status=$?
    cat /run/said
    test "$status" = 0 || test "$status" = 5
    sound "$@"
}
# The command works again, nothing differs, and nothing is armed or left mounted.
sound() {
    "$@" >/dev/null
    from_outside recover latest --deep --dry-run | grep "$NOTHING"
    if grep zshield_recover /run/sys/boot/zshield/grubenv; then return 1; fi
    if grep /run/zshield/ /proc/mounts; then return 1; fi
}
lent() { grep -q 'Those of the snapshot snap1 are used' /run/said; }
own() { if grep -q 'Those of the snapshot' /run/said; then return 1; fi; }
# All of /boot goes, and is put back while the system runs and before the next start.
boot_emptied() {
    rm -r /run/sys/boot/*
    names_the_way backup
    names_the_way check
    recovered '/boot emptied' chroot /run/sys test -e /boot/zshield/grub.cfg
    rm -r /run/sys/boot/*
    from_outside recover latest --offline --yes || test $? = 5
    grep zshield_request=latest /run/sys/boot/zshield/grubenv
    from_outside recover --cancel
    sound test -s /run/sys/boot/zshield/ledger.a
    garbage /run/sys/boot/zshield/ledger.a /run/sys/boot/zshield/ledger.b
    names_the_way backup
    recovered 'ledger garbage' grep -q ZSHIELD1 /run/sys/boot/zshield/ledger.a
}
# A command fails, and names the one that puts it right.
names_the_way() {
    if from_outside "$@" >/run/said 2>&1; then echo "did not fail: $*"; return 1; fi
    grep 'zshield recover latest' /run/said
}
