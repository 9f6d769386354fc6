# shellcheck shell=sh
# A byte is changed on the disk itself, where LVM and its snapshots do not see it.
# Takes SHARED.

mount_system
block=$(debugfs -R 'bmap /usr/bin/ssh-copy-id 0' /dev/vgroup/lv-root)
start=$(dmsetup table vgroup-lv--root-real | cut -d' ' -f5)
umount /run/sys/boot /run/sys
lvm vgchange -q -an vgroup
printf X | dd of=/dev/ubda5 bs=1 conv=notrunc,fsync seek=$((block * 4096 + start * 512 + 3))
mount_system
kept_report 0 quick
kept_report 4 deep --deep
kept_report 4 after
