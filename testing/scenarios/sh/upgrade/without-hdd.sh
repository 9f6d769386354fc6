# shellcheck shell=sh
# The HDD goes while the system runs: a bundle that would be taken is refused in its own words, and nothing is changed.
# Takes SHARED. Calls functions of functions.sh, and of those about faults.

wrapped /dev/ubdb1 hdd
mount_system
backup
gone hdd
# What is written first is what the kernel gives the snapshots up for, which is noted beside the ledger.
echo second >/run/sys/etc/own
sync
refused 'A disk of the volume group is missing' backup
as_it_was
is_refused next en 'A disk of this appliance is missing'
is_refused next zh '本机缺少一块磁盘'
unchanged
umount /run/sys/boot /run/sys
