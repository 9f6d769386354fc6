# shellcheck shell=sh
# The HDD goes between a snapshot and its proof.

wrapped /dev/ubdb1 hdd
sectors=$(blockdev --getsz /dev/mapper/hdd)
mount_system
echo first >/run/sys/token
backup
echo second >/run/sys/token
sync
# What is run once the snapshot is there takes the HDD away.
cp -a /etc /run/etc
mount --bind /run/etc /etc
hook=/etc/zshield/hooks/backup-post.d/gone
mkdir -p ${hook%/*}
cat >$hook <<END
#!/bin/sh
dmsetup suspend --noflush --nolockfs hdd
dmsetup load hdd --table '0 $sectors error'
dmsetup resume hdd
END
chmod +x $hook
refused '(\(mount\|prove-backup\)) failed' backup
umount /run/sys/boot /run/sys
