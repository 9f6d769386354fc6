# shellcheck shell=sh
# A recovery to the first night, as the rescue system does it, which is cut at POINT; where MODE is `plan` it is printed.
# Takes KEYS, MODE, SHARED.

if test "$MODE" = plan; then option=--dry-run; else option=--yes; fi
if test -n "$POINT"; then arm_fail_point; fi
zshield recover "vault:$(cat "$SHARED/first")" --slot /run/golden/a --keys "$KEYS" $option
