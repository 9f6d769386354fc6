# shellcheck shell=sh
# Data on the volumes that nothing may touch, and a backup of a system that is used.
# Takes SHARED.

lvm vgchange -q -ay vgroup
for volume in user audit; do
    mounted /dev/vgroup/lv-$volume data noatime
    mkdir /run/data/directory
    head -c 1500000 /dev/urandom >/run/data/directory/$volume
    echo $volume >/run/data/word
    umount /run/data
    digest_of lv-$volume >"$SHARED/$volume"
done
mount_system
mkdir /run/sys/etc/vendor
for number in 1 2 3 4 5 6 7 8; do
    head -c 300000 /dev/urandom >/run/sys/etc/vendor/$number
done
echo latest >/run/sys/token
zshield backup --root /run/sys
