# shellcheck shell=sh
# The slot of the Golden Image that recoveries are given.

mkdir -p /run/golden
mount -o ro,noload /dev/ubda4 /run/golden
