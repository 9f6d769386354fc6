# shellcheck shell=sh
# All has followed, and the factory state is the new version.
# Takes KEYS.

mount_system
golden settle /run/sys
grep -q '"outcome":"confirmed"' /run/sys/boot/zshield/upgrade.?
umount /run/sys/boot /run/sys
see_slots
slots_are_new
all_volumes
zshield recover factory --slot /run/golden/b --keys "$KEYS" --yes
lvm vgchange -q -ay vgroup
e2fsck -fn /dev/vgroup/lv-root
mkdir -p /run/root /run/payload
mount -o ro,noload /dev/vgroup/lv-root /run/root
mount -t squashfs -o ro,loop /run/stick-next/a/root.squashfs /run/payload
same_as_payload /run/root
umount /run/root /run/payload

# Where neither the factory store nor the backup is of use, the image makes the new version.
lvm vgchange -q -ay vgroup
lvm lvremove -q -y -f vgroup/snap0
zshield recover factory --slot /run/golden/b --keys "$KEYS" --yes
lvm vgchange -q -ay vgroup
mount -o ro,noload /dev/vgroup/lv-root /run/root
mount -t squashfs -o ro,loop /run/stick-next/a/root.squashfs /run/payload
same_as_payload /run/root
