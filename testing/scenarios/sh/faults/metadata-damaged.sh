# shellcheck shell=sh
# The HDD's copy of LVM's metadata is lost.

latest_then_broken
lvm vgchange -q -an vgroup
# The label stays in the second sector; its metadata begins behind it.
dd if=/dev/zero of=/dev/ubdb1 bs=4096 seek=1 count=255 conv=notrunc,fsync status=none
