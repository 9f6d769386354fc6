# shellcheck shell=sh
# COUNT backups of a system that is written while they run. After each one the kernel follows root with the
# latest backup alone, and the factory state, as a device, is what it was when it was installed. Both ways back lead
# where they shall.
# Takes COUNT, KEYS.

set +x
origin_of() { lvm lvs --noheadings -o origin "vgroup/$1" | tr -d ' '; }
lvm vgchange -q -ay vgroup
# Installed, the factory's is a snapshot like any other.
test "$(origin_of snap0)" = lv-root
factory=$(sha256sum </dev/vgroup/snap0)
mount_system
mkdir -p /run/snap
write() {
    while test -e /run/writing; do
        number=$(((number + 1) % 5))
        dd if=/dev/urandom of=/run/sys/var/lib/noise-$number bs=64k count=20 conv=fsync status=none
    done
}
night=0
while test $night -lt "$COUNT"; do
    night=$((night + 1))
    echo $night >/run/sys/token
    head -c $((night * 2345678)) /dev/urandom >/run/sys/usr/noise-$((night % 3))
    rm -rf /run/sys/usr/share/doc
    sync
    : >/run/writing
    write &
    writer=$!
    zshield backup --root /run/sys
    rm /run/writing
    wait $writer
    all_volumes
    test -z "$(origin_of snap0)"
    test "$(origin_of snap1)" = lv-root
    test "$(sha256sum <"$(node_of snap0)")" = "$factory"
    close_view
    mount -o ro,noload /dev/vgroup/snap1 /run/snap
    test "$(cat /run/snap/token)" = $night
    umount /run/snap
    echo "night $night: the factory state is what it was"
done
offered latest
offered factory
echo broken >/run/sys/token
rm -rf /run/sys/usr/bin
umount /run/sys/boot /run/sys
zshield recover latest --slot /run/golden/a --keys "$KEYS" --yes
restored_to snap1
zshield recover factory --slot /run/golden/a --keys "$KEYS" --yes
restored_to snap0
lvm vgchange -q -ay vgroup
test "$(sha256sum <"$(node_of snap0)")" = "$factory"
close_view
