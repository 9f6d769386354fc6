# shellcheck shell=sh
# The backup that the system is put right from.

mount_system
zshield backup --root /run/sys
