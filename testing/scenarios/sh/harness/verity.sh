# shellcheck shell=sh
# A squashfs in a loop device, below dm-verity.

mkdir /run/tree
echo golden >/run/tree/file
mksquashfs /run/tree /run/image -quiet -no-progress
truncate -s 64K /run/image
root=$(veritysetup format --hash-offset=65536 /run/image /run/image |
    sed -n 's/Root hash:[[:space:]]*//p')
loop=$(losetup -f)
losetup "$loop" /run/image
veritysetup open --hash-offset=65536 "$loop" golden "$loop" "$root"
mkdir /run/m
mount -t squashfs -o ro /dev/mapper/golden /run/m
test "$(cat /run/m/file)" = golden
