# shellcheck shell=sh
# Customer data is what it was.
# Takes SHARED.

mkdir -p /run/user
for volume in lv-user lv-audit lv-vault; do
    mount -o ro,noload /dev/vgroup/$volume /run/user
    (cd /run/user && sha256sum -c) <"$SHARED/$volume.sum"
    umount /run/user
done
test "$(volumes)" = "lv-audit lv-root lv-user lv-vault snap0 "
