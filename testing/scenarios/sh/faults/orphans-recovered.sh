# shellcheck shell=sh
# A recovery from a snapshot with orphans, which it does not write to.

lvm vgchange -q -ay vgroup
sum=$(sha256sum </dev/vgroup/snap1)
recover latest
lvm vgchange -q -ay vgroup
test "$sum" = "$(sha256sum </dev/vgroup/snap1)"
restored_to snap1
mount_system
test "$(cat /run/sys/token)" = latest
umount /run/sys/boot /run/sys
