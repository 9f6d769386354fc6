# shellcheck shell=sh
# The HDD goes while the system runs: backups fail and say so.

wrapped /dev/ubdb1 hdd
mount_system
echo first >/run/sys/token
backup
one_latest first
gone hdd
# The first write of a chunk that no store has yet is what the kernel gives them up for.
echo second >/run/sys/token
head -c 20000000 /dev/urandom >/run/sys/usr/noise
sync
refused "A disk of the volume group is missing" backup
echo third >/run/sys/token
sync
test -s /run/sys/boot/zshield/degraded
umount /run/sys/boot /run/sys
