# shellcheck shell=sh
# GRUB has not followed it, and the first word that the start itself wrote took it away.

if grep evil=1 /proc/cmdline; then exit 1; fi
if grep '^prefix=' /boot/zshield/grubenv; then exit 1; fi
