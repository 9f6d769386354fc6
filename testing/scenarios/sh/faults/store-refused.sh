# shellcheck shell=sh
# The header of the store LOST is damaged; a recovery to TARGET has begun and goes on. Where it is the latest
# backup's, the kernel refuses the snapshot, and LVM activates nothing of root.
# Takes LOST, TARGET, WORD: the offset of a number in the header, and a byte in its place.

latest_then_broken
recovery_has_begun "$TARGET"
lvm vgchange -q -ay vgroup
store=vgroup-$LOST
if test "$LOST" = snap1; then store=$store-cow; fi
# Its words are separate arguments.
# shellcheck disable=SC2046,SC2086
set -- $(dmsetup table "$store") $WORD
at=$(($5 * 512 + $6))
lvm vgchange -q -an vgroup
# A backslash and a digit are a byte.
# shellcheck disable=SC2059
printf "\\$7\\0\\0\\0" | dd of=/dev/ubdb1 bs=1 seek="$at" conv=notrunc,fsync status=none
blockdev --flushbufs /dev/ubdb1
if test "$LOST" = snap0; then
    lvm vgchange -q -ay vgroup
elif lvm vgchange -q -ay vgroup; then
    exit 1
fi
recover "$TARGET"
if lvm lvs "vgroup/$LOST"; then exit 1; fi
