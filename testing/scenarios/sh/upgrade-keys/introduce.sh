# shellcheck shell=sh
# A bundle of the old key introduces the new one. Until the version is confirmed that says nothing.

mount_system
zshield backup --root /run/sys
keys_are "{\"revoked\":[],\"trusted\":[$(trusted "$OLD" delivered)]}"
refused by-new.zsb "$NEW, which is not trusted"
zshield --lang en upgrade "$SHARED/introduce.zsb" --root /run/sys --yes
keys_are "{\"revoked\":[],\"trusted\":[$(trusted "$OLD" delivered)]}"
umount /run/sys/boot /run/sys
