# shellcheck shell=sh
# A system that nobody has changed: no check finds a difference.

mount_system
kept_report 0 clean-quick
kept_report 0 clean-deep --deep
zshield check --root /run/sys
