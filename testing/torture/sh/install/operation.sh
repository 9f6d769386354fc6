# shellcheck shell=sh
# The whole installation, from a stick that is not written but for its records.
# Takes KEYS, STICK.

mounted "${STICK}3" medium ro,noload
zshield install --slot /run/medium/a --keys "$KEYS" --yes
