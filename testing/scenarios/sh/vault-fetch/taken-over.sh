# shellcheck shell=sh
# The machine takes the place of the one that is gone: at the next start, which goes on after cuts at POINT.
# Where MODE is `order` it is ordered, where it is `plan` the plan is printed.
# Takes KEYS, MODE, SHARED. Calls functions of functions.sh.

second=$(cat "$SHARED/second")
if test "$MODE" = order; then
    mount_system
    status=0
    zshield --lang en recover "vault:$second" --take-over --root /run/sys --yes || status=$?
    test $status = 5
    grep "^zshield_request=vault-$second$" /run/sys/boot/zshield/grubenv
    cmp /run/sys/etc/machine-id "$SHARED/own-id"
    # As GRUB does before it starts the rescue system.
    grub-editenv /run/sys/boot/zshield/grubenv unset zshield_request
    exit 0
fi
if test "$MODE" = plan; then option=--dry-run; else option=--yes; fi
if test -n "$POINT"; then arm_fail_point; fi
zshield recover "vault:$second" --slot /run/golden/a --keys "$KEYS" $option
