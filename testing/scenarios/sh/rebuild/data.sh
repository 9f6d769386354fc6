# shellcheck shell=sh
# Data on the volumes of the HDD that stay, and their digests.
# Takes SHARED.

lvm vgchange -q -ay vgroup
mkdir -p /run/user
for volume in lv-user lv-audit lv-vault; do
    mount /dev/vgroup/$volume /run/user
    head -c 3000000 /dev/urandom >/run/user/customer-data
    (cd /run/user && sha256sum customer-data) >"$SHARED/$volume.sum"
    umount /run/user
done
