# shellcheck shell=sh
# The recovery brings the room back.

recover latest
restored_to snap1
mount_system
test "$(df --output=avail /run/sys | tail -1)" -gt 1000
echo fresh >/run/sys/token
backup
one_latest fresh
