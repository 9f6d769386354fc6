# shellcheck shell=sh
# The system that runs is the own one, on its own disks; the copies of both are there, told apart by their
# serial numbers, nobody uses or has written them, and an alarm names each.

for at in /etc /home /var/log /boot; do
    test "$(cat $at/token)" = own || { echo "$at is not the own one"; exit 1; }
done
test "$(systemctl --failed --no-legend --type=mount,device | wc -l)" = 0 || { systemctl --failed; exit 1; }
if pvs 2>&1 | grep -i duplicate; then exit 1; fi
copies=$(lsblk -dno NAME,SERIAL | sed -n 's/^\([^ ]*\) .*OTHER.*/\1/p')
test "$(echo "$copies" | wc -w)" = 2 || { lsblk -do NAME,SERIAL; exit 1; }
for disk in $copies; do
    # The seventh number is how many sectors were written.
    test "$(awk '{ print $7 }' "/sys/block/$disk/stat")" = 0 || { echo "$disk was written"; exit 1; }
    if lsblk -no MOUNTPOINT,TYPE "/dev/$disk" | grep -v 'disk$'; then exit 1; fi
done
for serial in SSDOTHER0 HDDOTHER0; do
    tries=150
    until zshield alarm list --json | grep "disk-copy:.*$serial"; do
        tries=$((tries - 1))
        test $tries -gt 0 || { zshield alarm list --json; exit 1; }
        sleep 1
    done
done
