# shellcheck shell=sh
# A place of the Golden Image is overwritten: unpacking is refused and the recovery stays armed.
# Takes SHARED.

mount_system
echo latest >/run/sys/token
backup
umount /run/sys/boot /run/sys
lvm lvremove -q -y -f vgroup/snap0
umount /run/golden
block=$(debugfs -R "blocks /a/root.squashfs" /dev/ubda4 2>/dev/null | awk '{print $(int(NF / 2))}')
# Its blocks have 1 KiB.
bad=$((block * 2))
dd if=/dev/ubda4 of="$SHARED/kept" bs=512 skip=$bad count=64 status=none
dd if=/dev/zero of=/dev/ubda4 bs=512 seek=$bad count=64 conv=notrunc,fsync status=none
mount -o ro,noload /dev/ubda4 /run/golden
refused "(unpack) failed" recover factory
armed factory
lvm vgchange -q -ay vgroup
no_invalid
lvm lvs vgroup/snap1
