# shellcheck shell=sh
# What all scripts can call, with compare.sh. SSD, HDD and STICK are the devices of their partitions, but for
# the number. A script that ends with status 40 has lost something.
# Takes HDD, SHARED, SSD, TARGET, UNTOLD, ZSHIELD.

set -x
zshield() { "$ZSHIELD" "$@"; }
lost() { echo "lost: $*"; exit 40; }
# The way back that TARGET stands for, as a command takes it and as GRUB's word has it.
way() { if test "$TARGET" = vault; then echo "vault:$(cat "$SHARED/generation")"; else echo "$TARGET"; fi; }
word() { way | tr : -; }
mounted() { mkdir -p "/run/$2"; mount -o "$3" "$1" "/run/$2"; }
# As a start has both mended before it mounts them: fsck.repair=yes, and an fsck in the initrd.
mended() { e2fsck -y "$1" || test $? = 1; }
# What GRUB has the kernel begin a start with, in an initramfs as it finds one.
begin_start() {
    initramfs=/run/initramfs
    mkdir -p $initramfs/usr $initramfs/proc $initramfs/sys $initramfs/dev $initramfs/zshield/fsck
    for directory in bin sbin lib lib64; do ln -sfn usr/$directory $initramfs/$directory; done
    for directory in usr proc sys dev; do mount --bind /$directory $initramfs/$directory; done
    echo root=/dev/mapper/vgroup-lv--root zshield_wait=0 >$initramfs/line
    mount --bind $initramfs/line $initramfs/proc/cmdline
    touch $initramfs/zshield/early
    mount --bind "$ZSHIELD" $initramfs/zshield/early
    ZSHIELD_EARLY=1 chroot $initramfs /zshield/early
}
mount_system() {
    lvm vgchange -q -ay vgroup
    mended /dev/vgroup/lv-root
    mended "${SSD}3"
    mounted /dev/vgroup/lv-root sys noatime,noinit_itable
    mount -o noatime,noinit_itable "${SSD}3" /run/sys/boot
}
# Every file of a system or of data, with all that is known of it.
digest() {
    directory=$1
    shift
    tar -C "$directory" --sort=name --numeric-owner --xattrs ${UNTOLD:+"$UNTOLD"} --exclude ./boot "$@" -c . |
        sha256sum
}
digest_of() {
    mounted "$(node_of "$1")" look ro,noload
    shift
    digest /run/look "$@"
    umount /run/look
    close_view
}
# A snapshot that can't be gone back to is called invalid here.
volumes() {
    lvm lvs --noheadings -o lv_name,lv_snapshot_invalid vgroup |
        sed '/Retrying metadata/d; s/unknown//; s/ //g' | sort | tr '\n' ' '
}
all_volumes() { test "$(volumes)" = "lv-audit lv-root lv-user lv-vault snap0 snap1 "; }
# Each disk knows all of the group: without the other one LVM finds it in the same state.
lvm_is_whole() {
    if lvm vgck vgroup 2>&1 | grep WARNING; then exit 1; fi
    lvm vgs --noheadings -o vg_seqno --config "devices{filter=[\"a|${HDD}1\$|\",\"r|.*|\"]}" vgroup >/run/of-hdd
    lvm vgs --noheadings -o vg_seqno --config "devices{filter=[\"a|${SSD}5\$|\",\"r|.*|\"]}" vgroup >/run/of-ssd
    cmp /run/of-hdd /run/of-ssd
}
# GRUB would read these as they are in a directory.
grub_reads() {
    directory=$1
    shift
    for file in "$@"; do grub-fstest "${SSD}3" cmp "/$file" "$directory/$file"; done
}
# GRUB would start the system of a /boot as it is in a directory: the menu, and what that names.
grub_starts() {
    # Names of files are separate arguments, and have no spaces in them.
    # shellcheck disable=SC2046
    grub_reads "$1" zshield/system.cfg $(cd "$1" && ls vmlinuz-* initrd*)
}
# The value of a word of GRUB's environment, as GRUB reads it.
grub_word() { grub-fstest "${SSD}3" cat /zshield/grubenv | sed -n "s/^$1=//p"; }
# A way back that only an image could be unpacked for would be another one.
offers_both_ways() {
    for way in latest factory; do
        zshield recover $way --offline --root /run/sys --dry-run --json >/run/way-$way || lost $way
        grep copy-back /run/way-$way || lost $way
    done
}
# The snapshot that the way back to the latest backup leads to, once both are offered.
latest() { sed -n 's/.*"snapshot":"\([^"]*\)".*/\1/p' /run/way-latest; }
data_is_there() {
    for volume in user audit; do
        test "$(digest_of lv-$volume)" = "$(cat "$SHARED/$volume")" || lost $volume
    done
}
