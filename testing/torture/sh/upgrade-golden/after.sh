# shellcheck shell=sh
# The disk has a loader that starts, GRUB finds one whole slot and a menu that starts the new version, and both ways back are
# there. Then all that follows a confirmation comes to its end.
# Takes KEYS, SHARED, SSD.

see_slots
slot=$(started)
echo "after the cut: slot=$slot"
case "$slot" in
a) same_slot a /run/medium ;;
b) same_slot b /run/stick-next ;;
*) exit 1 ;;
esac
starts
for way in latest factory; do
    zshield recover $way --slot "/run/golden/$slot" --keys "$KEYS" --dry-run || lost $way
done
unsee_slots
grub_reads "$SHARED/boot-new" zshield/grub.cfg zshield/menu.pf2
grub_starts "$SHARED/boot-new"
test -z "$(grub_word zshield_recover)"
begin_start
mount_system
mount_next
mkdir -p /run/payload
mount --bind /run/next /run/payload
is_confirmed() {
    is_version new
    test "$(digest_of_version /run/sys)" = "$(cat "$SHARED/new")"
}
is_confirmed
zshield recover latest --offline --root /run/sys --dry-run --json >/run/way-latest || lost latest
BASE=$(latest)
export BASE
found=$(digest_of "$BASE" --exclude ./var/lib/zshield)
test "$found" = "$(cat "$SHARED/old")" || test "$found" = "$(cat "$SHARED/new")" || lost latest
factory_is_new() {
    mounted "$(node_of snap0)" look ro,noload
    same_as_payload /run/look
    umount /run/look
    close_view
}
# Between the old one and the new one's name the image is the way.
if volumes | grep 'snap0 '; then
    test "$(digest_of snap0)" = "$(cat "$SHARED/factory")" || factory_is_new || lost factory
fi

enter
if under_way; then inside upgrade confirm; fi
leave
if under_way; then exit 1; fi
export BASE=snap1
is_confirmed
test "$(digest_of snap1 --exclude ./var/lib/zshield)" = "$(cat "$SHARED/new")" || lost latest
factory_is_new
offers_both_ways
all_volumes
lvm_is_whole
umount /run/payload /run/sys/boot /run/sys
unmount_next
see_slots
slots_are_new
unsee_slots
for device in /dev/vgroup/lv-root "${SSD}3" "${SSD}4"; do e2fsck -fn "$device"; done
grub_starts "$SHARED/boot-new"
data_is_there
