# shellcheck shell=sh
# The first start goes on with what GRUB was told; cut at POINT. Where MODE is `plan` it is printed.
# Takes KEYS, MODE, SHARED. Calls functions of functions.sh.

second=$(cat "$SHARED/second")
test "$(armed)" = "vault-$second"
if test "$MODE" = plan; then option=--dry-run; else option=--yes; fi
if test -n "$POINT"; then arm_fail_point; fi
zshield recover "vault:$second" --slot /run/golden/a --keys "$KEYS" $option
