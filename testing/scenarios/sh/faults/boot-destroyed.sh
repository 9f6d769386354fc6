# shellcheck shell=sh
# Nothing is left of the filesystem of /boot. The plan makes it anew, after it has looked through the
# backup.

destroy_boot() {
    dd if=/dev/zero of=/dev/ubda3 bs=1M status=none || true
    head -c 1048576 /dev/urandom | dd of=/dev/ubda3 bs=1M conv=notrunc,fsync status=none
    mkdir -p /run/lost
    if mount -t ext4 /dev/ubda3 /run/lost; then exit 1; fi
}
latest_then_broken
destroy_boot
recover latest --dry-run >/run/plan
grep 'mke2fs.*/dev/ubda3' /run/plan
recover latest
restored_to snap1
made_anew

# Nor is there a factory snapshot then: the image is unpacked that the backup says it came from.
umount /run/sys/boot /run/sys
lvm lvremove -q -y vgroup/snap0
destroy_boot
recover factory
lvm vgchange -q -ay vgroup
unpacked
umount /run/boot
not_armed
