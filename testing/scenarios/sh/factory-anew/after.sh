# shellcheck shell=sh
# Both ways back are there. The factory's leads to the payload and consumes nothing.
# Takes KEYS.

all_volumes
umount /run/sys/boot /run/sys
before=$(hashes)
mkdir -p /run/user
zshield recover factory --slot /run/golden/a --keys "$KEYS" --yes >/run/said
cat /run/said
if grep unpack /run/said; then exit 1; fi
lvm vgchange -q -ay vgroup
test "$(hashes)" = "$before"
unpacked
mount -o ro,noload /dev/vgroup/lv-user /run/user
test "$(cat /run/user/data)" = precious
