# shellcheck shell=sh
# GRUB reads a menu. By it GRUB goes on with the recovery or starts a system: the broken one as it was,
# or the one of SNAPSHOT. TARGET is the way back; UNTOLD is an option by which `tar` leaves out what
# nobody can restore.
# Takes KEYS, SHARED, SNAPSHOT, SSD, TARGET.

grub_reads "$SHARED/boot-broken" zshield/grub.cfg zshield/menu.pf2
armed=$(grub_word zshield_recover)
mounted "${SSD}4" golden ro,noload
echo "after the cut: armed=$armed"
state=
if test -n "$armed"; then
    test "$armed" = "$(word)"
    zshield recover "$(way)" --slot /run/golden/a --keys "$KEYS" --yes
    test -z "$(grub_word zshield_recover)"
    state=back
fi
begin_start
lvm vgchange -q -ay vgroup
mended /dev/vgroup/lv-root
mounted /dev/vgroup/lv-root sys noatime,noinit_itable
if test -z "$state" && test "$(digest /run/sys)" = "$(cat "$SHARED/broken")"; then
    state=broken
    grub_starts "$SHARED/boot-broken"
else
    test "$(digest /run/sys)" = "$(cat "$SHARED/$SNAPSHOT")"
    grub_starts "$SHARED/boot-of-$SNAPSHOT"
fi
mended "${SSD}3"
mount -o noatime,noinit_itable "${SSD}3" /run/sys/boot
if test "$state" != broken; then
    same_boot "$SHARED/boot-of-$SNAPSHOT" /run/sys/boot
fi
all_volumes
offers_both_ways
umount /run/sys/boot /run/sys
for name in snap0 snap1; do
    test "$(digest_of $name)" = "$(cat "$SHARED/$name")" || lost $name
done
e2fsck -fn /dev/vgroup/lv-root
e2fsck -fn "${SSD}3"
data_is_there
