# shellcheck shell=sh
# A whole recovery to TARGET.
# Takes KEYS, TARGET.

zshield recover "$TARGET" --slot /run/golden/a --keys "$KEYS" --yes
