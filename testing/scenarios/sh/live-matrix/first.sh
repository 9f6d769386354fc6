# shellcheck shell=sh
# A whole recovery, whose steps are then cut one after another.

umount /run/sys/boot /run/sys
break_all
mount_system
run_recovery
umount /run/sys/boot /run/sys
