# shellcheck shell=sh
# The old key is revoked, whatever /etc says; a check finds the image in order that it has signed.
# Takes KEYS.

mount_system
keys_are "{\"revoked\":[\"$OLD\"],\"trusted\":[$(trusted "$NEW" introduced)]}"
refused by-old.zsb "$OLD, which the vendor has revoked"
cp "$KEYS/demo.pub" /run/sys/etc/zshield/keys/again.pub
keys_are "{\"revoked\":[\"$OLD\"],\"trusted\":[$(trusted "$NEW" introduced)]}"
rm /run/sys/etc/zshield/keys/again.pub
zshield --lang en check --root /run/sys >/run/checked || test $? = 4
cat /run/checked
if grep 'System files' /run/checked; then exit 1; fi
umount /run/sys/boot /run/sys
