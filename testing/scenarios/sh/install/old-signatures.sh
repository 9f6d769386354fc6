# shellcheck shell=sh
# A disk that was a RAID's and a volume group's, with the name of ours.

printf 'label: gpt\nsize=10G\nsize=10G\nsize=10G\n' | sfdisk -q /dev/ubda
lvm pvcreate -q -y /dev/ubda1
lvm vgcreate -q vgroup /dev/ubda1
lvm lvcreate -q -y -L 1g -n lv-root vgroup
mkfs.ext4 -q /dev/vgroup/lv-root
mdadm --create /dev/md0 --run --level=1 --raid-devices=2 --metadata=1.0 /dev/ubda2 missing
mkfs.ext4 -q /dev/ubda3
mdadm --stop /dev/md0
lvm vgchange -q -an vgroup
