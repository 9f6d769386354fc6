# shellcheck shell=sh
# A recovery to TARGET in the rescue system.
# Takes KEYS, SSD, TARGET. Calls functions of functions.sh.

mounted "${SSD}4" golden ro,noload
zshield recover "$(way)" --slot /run/golden/a --keys "$KEYS" --yes
