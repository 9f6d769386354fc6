# shellcheck shell=sh
# A file that is synced, and a file that is not.

mkfs.ext4 -q -F /dev/ubda
mkdir /run/m
mount /dev/ubda /run/m
echo kept >/run/m/kept
sync -f /run/m
head -c 1M /dev/zero >/run/m/lost
echo written
