# shellcheck shell=sh
# The physical volume DEVICE has its label, and no header of a metadata area.
# Takes DEVICE.

dd if=/dev/zero of="$DEVICE" bs=512 seek=8 count=1 conv=notrunc,fsync status=none
lvm pvs "$DEVICE" 2>&1 | grep 'bad metadata header'
