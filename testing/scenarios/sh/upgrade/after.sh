# shellcheck shell=sh
# After a cut: root and /boot are the old version or the new one, to the last file. Then they are the old one again.
# Takes KEYS.

go_on latest
mount_system
if has_word zshield_trial 1; then
    echo "after the cut: the new version"
    mount_next
    is_next /run/sys
    unmount_next
    umount /run/sys/boot /run/sys
    zshield recover latest --slot /run/golden/a --keys "$KEYS" --yes
    mount_system
fi
is_old
no_invalid
# What a start of the system notes.
rm -f /run/sys/boot/zshield/upgrade.?
umount /run/sys/boot /run/sys
