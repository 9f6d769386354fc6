# shellcheck shell=sh
# A backup, which is cut at POINT.

mount_system
test "$(cat /run/sys/token)" = running
arm_fail_point
zshield backup --root /run/sys
