# shellcheck shell=sh
# All of the new version is there, GRUB counts its starts, and a check finds nothing.

mount_next
is_next /run/sys
has_word zshield_trial 1
has_no_word zshield_recover
grep -q '"phase":"trial"' /run/sys/boot/zshield/upgrade.?
# Configuration that was put together is in order with the next backup.
no_system_files_differ
if zshield --lang en backup --root /run/sys >/run/said 2>&1; then exit 1; fi
grep 'on trial' /run/said
unmount_next
umount /run/sys/boot /run/sys
