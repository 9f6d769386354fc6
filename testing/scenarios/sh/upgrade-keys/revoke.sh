# shellcheck shell=sh
# Both keys are trusted; a bundle of the new one revokes the old one.

mount_system
zshield key list --root /run/sys --json | tr -d ' \n' >/run/keys
grep -q "$(trusted "$OLD" delivered)" /run/keys
grep -q "$(trusted "$NEW" introduced)" /run/keys
grep -q '"revoked":\[\]' /run/keys
zshield --lang en upgrade "$SHARED/revoke.zsb" --root /run/sys --yes
umount /run/sys/boot /run/sys
