# shellcheck shell=sh
# All that a repair can make whole is destroyed.

for part in core esp boot-filesystem golden-filesystem; do damage "$part"; done
