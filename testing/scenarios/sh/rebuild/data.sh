# shellcheck shell=sh
# Customer data on both volumes of the HDD, and their digests.
# Takes SHARED.

lvm vgchange -q -ay vgroup
mkdir -p /run/user
for volume in lv-user lv-audit; do
    mount /dev/vgroup/$volume /run/user
    head -c 3000000 /dev/urandom >/run/user/customer-data
    (cd /run/user && sha256sum customer-data) >"$SHARED/$volume.sum"
    umount /run/user
done
