# shellcheck shell=sh
# The upgrade, cut at POINT. A changed file is in order where the latest backup has it.
# Takes BUNDLE, PLAN, SHARED.

mount_system
arm_fail_point
export ZSHIELD_FAIL_PLAN="$PLAN"
zshield --lang en upgrade "$SHARED/$BUNDLE.zsb" --root /run/sys --yes
