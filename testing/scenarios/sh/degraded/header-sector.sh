# shellcheck shell=sh
# Prints the sector of the header of LVM's metadata area on the HDD, 4 KiB from the beginning.

hdd=$(basename "$(readlink -f /dev/disk/by-partlabel/zs-hdd)")
echo "sector-$(($(cat "/sys/class/block/$hdd/start") + 8))-"
