# shellcheck shell=sh
# A repair that is cut at POINT; where MODE is `plan`, what it will do is printed.
# Takes MODE.

if test "$MODE" = plan; then option=--dry-run; else option=--yes; fi
if test -n "$POINT"; then arm_fail_point; fi
repair $option
