# shellcheck shell=sh
# What an administrator has changed of the old version, and a backup that has it.
# Takes SHARED.

mount_system
change_as_administrator /run/sys
zshield backup --root /run/sys
digest /run/sys --exclude ./var/lib/zshield >"$SHARED/old"
cp -a /run/sys/boot "$SHARED/boot-old"
umount /run/sys/boot /run/sys
digest_of snap0 >"$SHARED/factory"
