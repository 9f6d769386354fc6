# shellcheck shell=sh
# Goes on with the recovery that was cut, as a start of the rescue system does: root and /boot are the first night's.
# Takes KEYS, SHARED. Calls functions of functions.sh.

first=$(cat "$SHARED/first")
test "$(armed)" = "vault-$first"
zshield recover "vault:$first" --slot /run/golden/a --keys "$KEYS" --yes
test -z "$(armed)"
lvm vgchange -q -ay vgroup
e2fsck -fn /dev/vgroup/lv-root
mkdir -p /run/root /run/boot /run/user
mount -o ro,noload /dev/vgroup/lv-root /run/root
test "$(described /run/root)" = "$(cat "$SHARED/first.sum")"
mount -o ro /dev/ubda3 /run/boot
(cd /run/boot && sha256sum -c) <"$SHARED/first.boot"
test ! -e /run/boot/vmlinuz-broken
umount /run/boot /run/root
hashes >/run/hashes
cmp /run/hashes "$SHARED/hashes"
for volume in lv-user lv-audit; do
    mount -o ro,noload /dev/vgroup/$volume /run/user
    (cd /run/user && sha256sum -c) <"$SHARED/$volume.sum"
    umount /run/user
done
all_volumes
