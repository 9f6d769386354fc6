# shellcheck shell=sh
# The new image is put together in the inactive slot, cut at POINT.
# Takes SHARED.

mount_system
arm_fail_point
golden build /run/sys "$SHARED/next.zsb"
