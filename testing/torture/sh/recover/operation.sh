# shellcheck shell=sh
# A recovery to TARGET in the rescue system.
# Takes KEYS, SSD, TARGET.

mounted "${SSD}4" golden ro,noload
zshield recover "$TARGET" --slot /run/golden/a --keys "$KEYS" --yes
