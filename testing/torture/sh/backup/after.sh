# shellcheck shell=sh
# The system starts as it is, its latest backup is the old one or the new one to the last file, and
# the next backup leaves nothing behind. POWER is `once` or `twice`: after a second cut the backup may
# also be one that was made after the first.
# Takes POWER, SHARED, SSD.

starts_as_it_was() {
    grub_reads "$SHARED/boot" zshield/grub.cfg zshield/grubenv
    grub_starts "$SHARED/boot"
}
# Joined, since the shell looks at no status within what it chooses by.
holds_now() {
    mounted "/dev/vgroup/$1" look ro,noload &&
        test "$(digest /run/look --exclude ./var/lib/zshield)" = "$(cat "$SHARED/now")" &&
        same_boot /run/look/var/lib/zshield/boot/files "$SHARED/boot" &&
        umount /run/look
}
# After a second cut: the run between the two has made a backup.
made_since() { test "$POWER" = twice && holds_now "$BASE"; }
starts_as_it_was
begin_start
mount_system
test "$(digest /run/sys --exclude ./var/lib/zshield)" = "$(cat "$SHARED/now")"
offers_both_ways
BASE=$(latest)
export BASE
found=$(digest_of "$BASE")
echo "after the cut: latest=$BASE"
test "$found" = "$(cat "$SHARED/old")" || test "$found" = "$(cat "$SHARED/new")" || made_since ||
    lost latest
test "$(digest_of snap0)" = "$(cat "$SHARED/factory")" || lost factory
zshield backup --root /run/sys
export BASE=snap1
test "$(digest_of snap0)" = "$(cat "$SHARED/factory")" || lost "factory of the next backup"
all_volumes
lvm_is_whole
holds_now snap1
umount /run/sys/boot /run/sys
e2fsck -fn /dev/vgroup/lv-root
e2fsck -fn "${SSD}3"
starts_as_it_was
data_is_there
