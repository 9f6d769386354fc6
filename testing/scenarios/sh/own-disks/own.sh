# shellcheck shell=sh
# The system that runs is the own one, with all its volumes; the disks of the other appliance are there,
# LVM sees their group, and nothing was written to them.

for at in /etc /home /var/log /boot; do
	test "$(cat $at/token)" = own || { echo "$at is not the own one"; exit 1; }
done
test "$(systemctl --failed --no-legend --type=mount,device | wc -l)" = 0 || { systemctl --failed; exit 1; }
test "$(pvs --noheadings -o vg_uuid 2>/dev/null | sort -u | wc -l)" = 2 || { pvs; exit 1; }
others=$(lsblk -dno NAME,SERIAL | sed -n 's/^\([^ ]*\) .*OTHER.*/\1/p')
test "$(echo "$others" | wc -w)" = 2 || { lsblk -do NAME,SERIAL; exit 1; }
for disk in $others; do
	# The seventh number is how many sectors were written.
	test "$(awk '{ print $7 }' "/sys/block/$disk/stat")" = 0 || { echo "$disk was written"; exit 1; }
done
