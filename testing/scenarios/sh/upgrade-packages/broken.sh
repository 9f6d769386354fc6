# shellcheck shell=sh
# A package whose script fails: each start goes back then, and the package manager's words are on the audit volume.
# Takes SHARED.

mount_system
mount /dev/vgroup/lv-audit /run/sys/var/log
if zshield --lang en upgrade "$SHARED/broken.zsb" --root /run/sys --yes >/run/said 2>&1; then exit 1; fi
cat /run/said
grep 'returns to the backup at its next start' /run/said
test -e /run/sys/usr/lib/half
has_word zshield_recover latest
grep '"phase":"going-back"' /run/sys/boot/zshield/upgrade.?
grep 'it breaks' /run/sys/var/log/zshield/upgrade/*/packages.log
umount /run/sys/var/log /run/sys/boot /run/sys
