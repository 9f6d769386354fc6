# shellcheck shell=sh
# The slots of the Golden partition, and by which of them the disk starts.
# Takes NEXT, SSD, STICK: the devices of partitions, but for the number.

# The slots are in /run/golden, the old image is in /run/medium, and the new one in /run/stick-next. GRUB reads no checksum: of a
# superblock that a cut tore the kernel reads a copy.
see_slots() {
    mkdir -p /run/golden /run/medium /run/stick-next
    mount -o ro,noload "${SSD}4" /run/golden || mount -o ro,noload,sb=8193 "${SSD}4" /run/golden
    mount -o ro,noload "${STICK}3" /run/medium
    mount -o ro,noload "${NEXT}3" /run/stick-next
}
unsee_slots() { umount /run/golden /run/medium /run/stick-next; }
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
    lba=$(od -A n -t u8 -j 92 -N 8 "${SSD%p}" | tr -d ' ')
    dd if="${SSD}1" iflag=skip_bytes skip=$(((lba - 2048) * 512)) bs=1M count=1 of=/run/core
    found=
    for image in /run/medium /run/stick-next; do
        size=$(stat -c %s $image/a/core.img)
        # But for the list in its first sector, which says where the rest is.
        tail -c +513 $image/a/core.img >/run/core-wanted
        if head -c "$size" /run/core | tail -c +513 | cmp - /run/core-wanted; then found=$image; fi
    done
    test -n "$found"
    loader "${SSD}2" /run/loader
    found=
    for image in /run/medium /run/stick-next; do
        loader $image/a/esp.img /run/loader-wanted
        if cmp /run/loader /run/loader-wanted; then found=$image; fi
    done
    test -n "$found"
}
loader() { MTOOLS_SKIP_CHECK=1 mcopy -n -o -i "$1" ::/EFI/BOOT/BOOTX64.EFI "$2"; }
# Boot loader and slot are the new image's, to the last byte.
slots_are_new() {
    test "$(started)" = b
    same_slot a /run/medium
    same_slot b /run/stick-next
    new=/run/stick-next/a
    cmp -n "$(stat -c %s $new/core.img)" $new/core.img "${SSD}1"
    cmp -n "$(stat -c %s $new/esp.img)" $new/esp.img "${SSD}2"
    cmp -n 440 $new/boot.img "${SSD%p}"
}
