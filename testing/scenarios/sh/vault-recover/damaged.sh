# shellcheck shell=sh
# Something of a generation is damaged: that alone stays as it is, and is named.
# Takes SHARED. Calls functions of functions.sh.

mount_system
mkdir -p /run/vault /run/gen
# One file with a pack of its own.
head -c 3000000 /dev/urandom >/run/sys/srv/large
zshield backup --root /run/sys
mount /dev/vgroup/lv-vault /run/vault
find /run/vault/repository/data -type f | sort >/run/before
umount /run/vault
vault copy
mount /dev/vgroup/lv-vault /run/vault
find /run/vault/repository/data -type f -size +2000k | sort | comm -13 /run/before - >/run/new
pack=$(head -n 1 /run/new)
printf '\377\377\377\377' | dd of="$pack" bs=1 seek=5000 conv=notrunc status=none
umount /run/vault
newest=$(generations latest | head -n 1)
echo broken >/run/sys/srv/large
echo broken >/run/sys/token
zshield --lang en recover "vault:$newest" --root /run/sys --yes >/run/said 2>&1 || test $? = 5
grep '/srv/large is damaged in the vault and stays as it is' /run/said
test "$(cat /run/sys/srv/large)" = broken
test "$(cat /run/sys/token)" = first
test -z "$(sed -n 's/^zshield_recover=//p' /run/sys/boot/zshield/grubenv)"
