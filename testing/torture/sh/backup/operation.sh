# shellcheck shell=sh
# A backup.

mount_system
zshield backup --root /run/sys
