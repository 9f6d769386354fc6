# shellcheck shell=sh
# The stick of the next version makes the system anew, keeps data, and has the newest backup come back; cut at POINT. Where MODE is `plan` it
# is printed.
# Takes KEYS, MODE.

mkdir -p /run/medium
mount -o ro,noload /dev/ubdd3 /run/medium
if test "$MODE" = plan; then option=--dry-run; else option=--yes; fi
if test -n "$POINT"; then arm_fail_point; fi
zshield --lang en install --slot /run/medium/a --keys "$KEYS" --keep-data --bring-back newest $option
