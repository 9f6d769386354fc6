# shellcheck shell=sh
# All has followed, and the factory state is the new version.
# Takes KEYS.

mount_system
golden settle /run/sys
grep -q '"outcome":"confirmed"' /run/sys/boot/zshield/upgrade.?
umount /run/sys/boot /run/sys
see_slots
test "$(started)" = b
same_slot a /run/medium
same_slot b /run/next
cmp -n "$(stat -c %s /run/next/a/core.img)" /run/next/a/core.img /dev/ubda1
cmp -n "$(stat -c %s /run/next/a/esp.img)" /run/next/a/esp.img /dev/ubda2
cmp -n 440 /run/next/a/boot.img /dev/ubda
all_volumes
zshield recover factory --slot /run/golden/b --keys "$KEYS" --yes
lvm vgchange -q -ay vgroup
e2fsck -fn /dev/vgroup/lv-root
mkdir -p /run/root
mount -o ro,noload /dev/vgroup/lv-root /run/root
mount -t squashfs -o ro,loop /run/next/a/root.squashfs /run/payload
same_as_payload /run/root
umount /run/root /run/payload

# Where neither the factory store nor the backup is of use, the image makes the new version.
lvm vgchange -q -ay vgroup
lvm lvremove -q -y -f vgroup/snap0
zshield recover factory --slot /run/golden/b --keys "$KEYS" --yes
lvm vgchange -q -ay vgroup
mount -o ro,noload /dev/vgroup/lv-root /run/root
mount -t squashfs -o ro,loop /run/next/a/root.squashfs /run/payload
same_as_payload /run/root
