# shellcheck shell=sh
# Something in the vault, whose journal is not written out when the power goes.
# Takes SHARED.

lvm vgchange -q -ay vgroup
mkdir -p /run/vault
mount -o noatime,nodev,nosuid,noexec /dev/vgroup/lv-vault /run/vault
mkdir -p /run/vault/data/00
head -c 9000000 /dev/urandom >/run/vault/data/00/pack
(cd /run/vault && sha256sum data/00/pack) >"$SHARED/vault.sum"
# A device and a program that nobody may use from here.
mknod /run/vault/device c 1 3
cp /bin/true /run/vault/program
chmod 4755 /run/vault/program
sync -f /run/vault/data/00/pack
dumpe2fs -h /dev/vgroup/lv-vault | grep 'Filesystem features:.*needs_recovery'
