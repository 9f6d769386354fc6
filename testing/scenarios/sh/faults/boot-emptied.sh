# shellcheck shell=sh
# /boot is empty, and the machine was restarted: the rescue system has no ledger to go by.

latest_then_broken
mkdir -p /run/boot
mount /dev/ubda3 /run/boot
find /run/boot -mindepth 1 -delete
umount /run/boot
recover latest
restored_to snap1
made_anew
