# shellcheck shell=sh
# A new version is confirmed: the backup is renewed, and slot, boot loader and factory state follow.

mount_system
enter
inside upgrade confirm
leave
umount /run/sys/boot /run/sys
