# shellcheck shell=sh
# A recovery that stops, and recoveries that end with a given status.

word() { sed -n "s/^zshield_$1=//p" /run/sys/boot/zshield/grubenv; }
ends() {
    wanted=$1
    shift
    status=0
    zshield recover "$@" --root /run/sys --yes || status=$?
    test $status = "$wanted"
}
stops() {
    echo broken >/run/sys/token
    echo broken >/run/sys/etc/broken
    export ZSHIELD_LEAVE_OUT=put-right
    ends 1 "$@"
    unset ZSHIELD_LEAVE_OUT
    test "$(word recover)" = "$1"
}
noted() { ls /run/sys/boot/zshield/only.* >/dev/null 2>&1; }
restarts() {
    umount /run/sys/boot /run/sys
    go_on "$1"
    mount_system
}
