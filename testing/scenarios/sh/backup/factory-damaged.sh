# shellcheck shell=sh
# An entry in the table of the factory state is damaged, as a snapshot that is to be detached, and as a store that
# is to be folded: each time the backup is made all the same, and the factory state anew in the same run, which is said.
# Takes KEYS.

origin_of() { lvm lvs --noheadings -o origin "vgroup/$1" | tr -d ' '; }
# The first exception of the store $1 is of a chunk far behind root's end. The kernel would write what it knows over a
# damage that it has not read.
damage() {
    lvm vgchange -q -ay vgroup
    # The words of the line are separate arguments.
    # shellcheck disable=SC2046
    set -- $(dmsetup table "$1")
    test "$3" = linear
    lvm vgchange -q -an vgroup
    blockdev --flushbufs /dev/ubdb1
    chunk=$(od -An -tu4 -j$(($5 * 512 + 12)) -N4 /dev/ubdb1 | tr -d ' ')
    printf '\377\377\377\377' |
        dd of=/dev/ubdb1 bs=1 seek=$((($5 + chunk) * 512)) conv=notrunc,fsync status=none
    blockdev --flushbufs /dev/ubdb1
}
written() {
    mount_system
    echo "$1" >/run/sys/token
    sync
}
made_anew() {
    if zshield --lang en backup --root /run/sys >/run/said 2>&1; then exit 1; else test $? = 1; fi
    grep 'made anew from the Golden Image' /run/said
    all_volumes
    test -z "$(origin_of snap0)"
    offered latest
    offered factory
    umount /run/sys/boot /run/sys
    mkdir -p /run/snap
    mount -o ro,noload /dev/vgroup/snap1 /run/snap
    test "$(cat /run/snap/token)" = "$1"
    umount /run/snap
}
written live
umount /run/sys/boot /run/sys
test "$(origin_of snap0)" = lv-root
damage vgroup-snap0-cow
written live
made_anew live
damage vgroup-snap0
written folded
made_anew folded
zshield recover factory --slot /run/golden/a --keys "$KEYS" --yes
lvm vgchange -q -ay vgroup
unpacked
