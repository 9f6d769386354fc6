# shellcheck shell=sh
# Data on the volumes that nothing may touch.
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
