# shellcheck shell=sh
# Devices between a disk and its users, and commands that have to fail.
# Takes KEYS.

# A partition becomes a device whose table can be changed: $1 is its node, $2 its name.
wrapped() {
    dmsetup create "$2" --table "0 $(blockdev --getsz "$1") linear $1 0"
    # LVM looks at no node of this name.
    mv "$1" "/dev/plain-${1##*/}"
    ln -s "/dev/mapper/$2" "$1"
}
# Another table from now on, read from stdin.
changed() {
    dmsetup suspend --noflush --nolockfs "$1"
    dmsetup load "$1"
    dmsetup resume "$1"
}
# The first sector of the table in the store on the mapping $1 can't be read; nothing is active then. A disk puts
# elsewhere what is written to such a place.
unreadable() {
    part=/dev/mapper/$1
    # Its words are separate arguments.
    # shellcheck disable=SC2046
    set -- $(dmsetup table "$1")
    bad=$(($5 + $(od -An -tu4 -j12 -N4 "$part" | tr -d ' ')))
    lvm vgchange -q -an vgroup
    wrapped /dev/ubdb1 hdd
    sectors=$(blockdev --getsz /dev/mapper/hdd)
    printf '0 %s linear /dev/plain-ubdb1 0\n%s 8 error\n%s %s linear /dev/plain-ubdb1 %s\n' \
        $bad $bad $((bad + 8)) $((sectors - bad - 8)) $((bad + 8)) | changed hdd
}
readable() { echo "0 $(blockdev --getsz /dev/mapper/hdd) linear /dev/plain-ubdb1 0" | changed hdd; }
gone() { echo "0 $(blockdev --getsz "/dev/mapper/$1") error" | changed "$1"; }
# What a command says that has to fail; $1 is among it, and says that what failed is what had to.
refused() {
    why=$1
    shift
    if said=$(set +x; "$@" 2>&1); then echo "did not fail: $*: $said"; return 1; fi
    shown "$said"
    echo "$said" | grep -q "$why" || { echo "failed, and not by «$why»: $said"; return 1; }
}
shown() {
    echo "said: $(echo "$1" | grep -v ^::zshield | tail -3 | tr '\n' ' ')"
    if echo "$1" | grep -i panicked; then return 1; fi
}
backup() { zshield backup --root /run/sys; }
recover() {
    target=$1
    shift
    zshield recover "$target" --slot /run/golden/a --keys "$KEYS" --yes "$@"
}
one_latest() {
    all_volumes
    mkdir -p /run/snap
    mount -o ro,noload /dev/vgroup/snap1 /run/snap
    test "$(cat /run/snap/token)" = "$1"
    umount /run/snap
}
# The next backup, and both ways back after it.
made_anew() {
    mount_system
    echo fresh >/run/sys/token
    backup
    one_latest fresh
    offered factory
}
armed() {
    mkdir -p /run/boot
    mount -o ro /dev/ubda3 /run/boot
    grep "^zshield_recover=$1$" /run/boot/zshield/grubenv
    umount /run/boot
}
# GRUB is told that a recovery to $1 has begun.
recovery_has_begun() {
    mkdir -p /run/boot
    mount /dev/ubda3 /run/boot
    grub-editenv /run/boot/zshield/grubenv set zshield_recover="$1"
    umount /run/boot
}
# A backup to go back to, and a system that is then another.
latest_then_broken() {
    mount_system
    echo latest >/run/sys/token
    cp -a /run/sys/usr/sbin /run/sys/usr/sbin.copy
    head -c 20000000 /dev/urandom >/run/sys/usr/data
    backup
    dd if=/dev/urandom of=/run/sys/usr/data bs=1M count=19 conv=notrunc status=none
    echo broken >/run/sys/token
    rm -rf /run/sys/usr/sbin.copy
    head -c 40000000 /dev/urandom >/run/sys/usr/noise
    sync
    umount /run/sys/boot /run/sys
}
