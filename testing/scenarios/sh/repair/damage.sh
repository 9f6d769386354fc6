# shellcheck shell=sh
# What a repair can make whole is destroyed.
# Takes DAMAGED.

for part in $DAMAGED; do damage "$part"; done
