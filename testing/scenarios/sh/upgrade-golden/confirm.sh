# shellcheck shell=sh
# The new version is on root, as far as anything knows, and was confirmed; its backup is made.
# Takes SHARED.

mount_system
golden confirm /run/sys "$SHARED/next.zsb"
zshield backup --root /run/sys
umount /run/sys/boot /run/sys
