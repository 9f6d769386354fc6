# shellcheck shell=sh
# What the scripts about the Golden Image of an upgrade can call.
# Takes KEYS, NEXT, POINT, SHARED, UPGRADE. Calls functions of appliance.sh.

golden() { "$UPGRADE" "$@"; }
# The slots are in /run/golden, the old image in /run/medium, the new one in /run/next; the payload of the new one is
# in /run/payload.
see_slots() {
    mkdir -p /run/golden /run/medium /run/next /run/payload
    mount -o ro,noload /dev/ubda4 /run/golden
    mount -o ro,noload /dev/ubdc3 /run/medium
    mount -o ro,noload /dev/ubdd3 /run/next
}
unsee_slots() { umount /run/golden /run/medium /run/next; }
# The slot that GRUB starts the rescue system from, as its menu finds it.
started() {
    if test -f /run/golden/second && test -f /run/golden/b/manifest; then
        echo b
    elif test -f /run/golden/a/manifest; then
        echo a
    elif test -f /run/golden/b/manifest; then echo b; fi
}
# A slot is one of the two images, to the last byte.
same_slot() { diff -r "/run/golden/$1" "$2/a"; }
# What the disk starts by is whole: GRUB's core is one of the two images', wherever the first sector has it, and so is
# the loader for UEFI firmware, wherever the first sector of its partition has the filesystem.
starts() {
    lba=$(od -A n -t u8 -j 92 -N 8 /dev/ubda | tr -d ' ')
    dd if=/dev/ubda1 iflag=skip_bytes skip=$(((lba - 2048) * 512)) bs=1M count=1 of=/run/core
    found=
    for image in /run/medium /run/next; do
        size=$(stat -c %s $image/a/core.img)
        # But for the list in its first sector, which says where the rest is.
        tail -c +513 $image/a/core.img >/run/core-wanted
        if head -c "$size" /run/core | tail -c +513 | cmp - /run/core-wanted; then found=$image; fi
    done
    test -n "$found"
    loader /dev/ubda2 /run/loader
    found=
    for image in /run/medium /run/next; do
        loader $image/a/esp.img /run/loader-wanted
        if cmp /run/loader /run/loader-wanted; then found=$image; fi
    done
    test -n "$found"
}
loader() { MTOOLS_SKIP_CHECK=1 mcopy -n -o -i "$1" ::/EFI/BOOT/BOOTX64.EFI "$2"; }
