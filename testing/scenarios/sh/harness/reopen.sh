# shellcheck shell=sh
# The snapshot shows what it showed before.

lvm vgchange -q -ay vgroup
mkdir /run/m
mount -o ro /dev/vgroup/snap0 /run/m
test "$(cat /run/m/state)" = factory
