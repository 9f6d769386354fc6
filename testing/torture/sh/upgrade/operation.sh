# shellcheck shell=sh
# An upgrade with the backup before it, until the new version is on trial.
# Takes SHARED.

mount_system
zshield upgrade "$SHARED/next.zsb" --root /run/sys --yes
umount /run/sys/boot /run/sys
