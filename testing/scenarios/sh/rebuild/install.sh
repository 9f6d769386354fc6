# shellcheck shell=sh
# An installation that keeps data and is cut at POINT; where MODE is `plan`, what it will do is printed.
# Takes KEYS, MODE.

mkdir -p /run/medium
mount -o ro,noload /dev/ubdc3 /run/medium
if test "$MODE" = plan; then option=--dry-run; else option=--yes; fi
if test -n "$POINT"; then arm_fail_point; fi
zshield install --slot /run/medium/a --keys "$KEYS" --keep-data $option
