# shellcheck shell=sh
# The version on trial is confirmed, and all follows.

mount_system
arm_fail_point
"$UPGRADE" keep /run/sys
umount /run/sys/boot /run/sys
