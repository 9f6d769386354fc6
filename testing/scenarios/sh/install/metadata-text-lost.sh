# shellcheck shell=sh
# Both disks have the header of a volume group, which points to a text that is not there.

for device in /dev/ubda5 /dev/ubdb1; do
    # Where in the metadata area, which begins at 4 KiB, the header says that the text is.
    at=$((4096 + $(od -An -tu8 -j$((4096 + 40)) -N8 $device)))
    dd if=/dev/zero of=$device bs=512 seek=$((at / 512)) count=2 conv=notrunc,fsync status=none
done
if lvm vgs vgroup; then exit 1; fi
