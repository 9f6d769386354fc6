# shellcheck shell=sh
# GRUB's environment and both menus are damaged: the backup is refused.

latest_then_broken
mount_system
for file in grubenv grub.cfg system.cfg; do
    head -c 1024 /dev/urandom >/run/sys/boot/zshield/$file
done
sync
refused '(save-boot) failed.*system.cfg' backup
one_latest latest
umount /run/sys/boot /run/sys
