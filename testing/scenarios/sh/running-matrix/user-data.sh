# shellcheck shell=sh
# Data on the user volume.

mkdir -p /run/user
mount /dev/vgroup/lv-user /run/user
echo precious >/run/user/data
umount /run/user
