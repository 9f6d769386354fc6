# shellcheck shell=sh
# What the scripts about upgrades can call.
# Takes SHARED, ZSHIELD.

# Of a system, but for what zshield notes there.
digest_of_version() { digest "$1" --exclude ./var/lib/zshield; }
# The mounted system becomes one that commands without a word for another root are called in, by programs of this host.
enter() {
    for directory in usr dev proc sys; do mount --bind /$directory /run/sys/$directory; done
    mount -t tmpfs tmpfs /run/sys/run
    mkdir -p /run/sys/run/lvm /run/sys/run/lock/lvm /run/sys/run/tmp
    cp -r /etc/lvm /run/sys/run/settings
    touch /run/sys/run/program
    mount --bind "$ZSHIELD" /run/sys/run/program
}
inside() { LVM_SYSTEM_DIR=/run/settings TMPDIR=/run/tmp chroot /run/sys /run/program "$@"; }
leave() {
    for directory in run/program run sys proc dev usr; do umount /run/sys/$directory; done
}
under_way() {
    zshield upgrade status --root /run/sys --json >/run/upgrades
    grep '"now": {' /run/upgrades
}
# Root and /boot are those of the version in $1, `old` or `new`.
is_version() {
    case "$1" in
    old)
        test "$(digest_of_version /run/sys)" = "$(cat "$SHARED/old")"
        grep '"version":"1.0.0"' /run/sys/boot/zshield/ledger.?
        ;;
    new)
        is_next /run/sys
        test "$(cat /run/sys/etc/hooked)" = hooked
        ;;
    esac
    same_boot "$SHARED/boot-$1" /run/sys/boot
}
