# shellcheck shell=sh
# GRUB reads its words and a menu. By these it has the rescue system copy the backup back, or starts a system: the old version
# as it was, or the new one with what an administrator has changed, each with its own /boot. Then a new version on trial is
# confirmed, and one that was not applied is. POWER is `once` or `twice`: after a second cut the new version may have been
# confirmed, or applied once more.
# Takes KEYS, POWER, SHARED, SSD.

grub_reads "$SHARED/boot-old" zshield/grub.cfg zshield/menu.pf2
armed=$(grub_word zshield_recover)
if test -n "$armed"; then
    test "$armed" = latest
    mounted "${SSD}4" golden ro,noload
    zshield recover latest --slot /run/golden/a --keys "$KEYS" --yes
    umount /run/golden
    test -z "$(grub_word zshield_recover)"
    test -z "$(grub_word zshield_trial)"
fi
version=old
if grub_reads "$SHARED/boot-new" zshield/system.cfg; then version=new; fi
trial=$(grub_word zshield_trial)
echo "after the cut: armed=$armed version=$version trial=$trial"
grub_starts "$SHARED/boot-$version"
case "$POWER:$version:$trial" in
*:old: | *:new:1 | twice:new:) ;;
*) exit 1 ;;
esac
begin_start
mount_system
mount_next
is_version $version
if test "$POWER:$version" = once:new; then
    test "$(digest_of_version /run/sys)" = "$(cat "$SHARED/new")"
fi
offers_both_ways
BASE=$(latest)
export BASE
if test -n "$armed"; then
    test "$(digest /run/sys)" = "$(digest_of "$BASE")"
    same_boot /run/sys/var/lib/zshield/boot/files /run/sys/boot
fi
found=$(digest_of "$BASE" --exclude ./var/lib/zshield)
is_renewed() { test "$POWER:$version" = twice:new && test "$found" = "$(digest_of_version /run/sys)"; }
test "$found" = "$(cat "$SHARED/old")" || is_renewed || lost latest
test "$(digest_of snap0)" = "$(cat "$SHARED/factory")" || lost factory

enter
if under_way; then
    case $version in
    old) inside upgrade abort --yes ;;
    new) inside upgrade confirm ;;
    esac
fi
leave
if under_way; then exit 1; fi
if test $version = old; then zshield upgrade "$SHARED/next.zsb" --root /run/sys --yes; fi
is_version new
export BASE=snap1
if test $version = old; then
    test "$(grub_word zshield_trial)" = 1
    test "$(digest_of snap1 --exclude ./var/lib/zshield)" = "$(cat "$SHARED/old")" || lost latest
else
    test -z "$(grub_word zshield_trial)"
    test "$(digest_of snap1 --exclude ./var/lib/zshield)" = "$(digest_of_version /run/sys)" || lost latest
fi
test "$(digest_of snap0)" = "$(cat "$SHARED/factory")" || lost "factory of the next upgrade"
offers_both_ways
all_volumes
lvm_is_whole
unmount_next
umount /run/sys/boot /run/sys
e2fsck -fn /dev/vgroup/lv-root
e2fsck -fn "${SSD}3"
grub_starts "$SHARED/boot-new"
data_is_there
