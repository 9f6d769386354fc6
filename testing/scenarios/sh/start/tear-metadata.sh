# shellcheck shell=sh
# On both disks LVM's last change has a header, which says where in the metadata area its text is, and
# no text.

vgchange --addtag new vgroup
for device in /dev/disk/by-partlabel/zs-ssd /dev/disk/by-partlabel/zs-hdd; do
    at=$((4096 + $(od -An -tu8 -j4136 -N8 $device)))
    dd if=/dev/zero of=$device bs=512 seek=$((at / 512)) count=1 oflag=direct conv=notrunc status=none
done
if vgs vgroup; then exit 1; fi
