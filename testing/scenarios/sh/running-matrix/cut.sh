# shellcheck shell=sh
# A recovery to TARGET, which is cut at POINT.
# Takes KEYS, TARGET.

arm_fail_point
zshield recover "$TARGET" --slot /run/golden/a --keys "$KEYS" --yes
