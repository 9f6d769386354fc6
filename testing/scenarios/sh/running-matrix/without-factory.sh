# shellcheck shell=sh
# A recovery to the factory state without a factory snapshot, which is cut at POINT.
# Takes KEYS.

lvm vgchange -q -ay vgroup
if lvm lvs vgroup/snap0 >/dev/null 2>&1; then lvm lvremove -q -y -f vgroup/snap0; fi
arm_fail_point
zshield recover factory --slot /run/golden/a --keys "$KEYS" --yes
