# shellcheck shell=sh
# A program of a bundle that hangs is ended, and each start goes back then.
# Takes SHARED.

mount_system
if zshield --lang en upgrade "$SHARED/hangs.zsb" --root /run/sys --yes >/run/said 2>&1; then exit 1; fi
cat /run/said
grep 'longer than 10 seconds' /run/said
grep 'returns to the backup at its next start' /run/said
has_word zshield_recover latest
grep '"phase":"going-back"' /run/sys/boot/zshield/upgrade.?
umount /run/sys/boot /run/sys
