# shellcheck shell=sh
# A group whose root is on the SSD, with its snapshot and the vault on the HDD; and something in the vault, whose journal
# is not written out when the power goes.
# Takes SHARED.

set -x
for disk in ubda ubdb; do
    echo ',,V' | sfdisk -q --label gpt /dev/$disk
done
lvm pvcreate -q -y /dev/ubda1 /dev/ubdb1
lvm vgcreate -q vgroup /dev/ubda1 /dev/ubdb1
lvm lvcreate -q -y -L 256M -n lv-root vgroup /dev/ubda1
lvm lvcreate -q -y -L 64M -n lv-user vgroup /dev/ubdb1
lvm lvcreate -q -y -L 256M -n lv-vault vgroup /dev/ubdb1
lvm lvcreate -q -y -s -L 128M -n snap1 vgroup/lv-root /dev/ubdb1
mke2fs -q -t ext4 -L zs-vault -N 4352 -m 0 /dev/vgroup/lv-vault
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
# Powered off as it is: mounted.
