# shellcheck shell=sh
# After all of them the system is the backup's, by tools that share nothing with ours.
# Calls functions of same.sh.

for directory in dev proc sys etc/lvm run var/log; do umount /run/sys/$directory; done
mkdir -p /run/snap
mount -o ro,noload /dev/vgroup/snap1 /run/snap
same_boot /run/snap/var/lib/zshield/boot/files /run/sys/boot
umount /run/sys/boot
# The alarms of the ruins are the machine's own: no recovery takes them back.
rm -rf /run/sys/var/lib/zshield/alarms
touch -r /run/snap/var/lib/zshield /run/sys/var/lib/zshield
same /run/snap /run/sys
echo out-of-all-ruins
