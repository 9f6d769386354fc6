# shellcheck shell=sh
# Ends a recovery to TARGET that was cut, and compares root and /boot with SNAPSHOT.
# Takes SNAPSHOT, TARGET.

go_on "$TARGET"
mkdir -p /run/root
mount -o ro,noload /dev/vgroup/lv-root /run/root
token=$(cat /run/root/token || true)
umount /run/root
# Either it has not begun, or it has ended: there is nothing between.
if test "$token" != broken; then
    restored_to "$SNAPSHOT"
fi
all_volumes
