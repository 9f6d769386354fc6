# shellcheck shell=sh
# A sector of the latest backup's table is lost: the recovery is refused before it changes anything.

latest_then_broken
lvm vgchange -q -ay vgroup
sum=$(sha256sum </dev/vgroup/lv-root)
cow=/dev/mapper/vgroup-snap1-cow
chunk=$(($(od -An -tu4 -j12 -N4 $cow | tr -d ' ') * 512))
# The table's second exception.
dd if=/dev/zero of=$cow bs=16 seek=$((chunk / 16 + 1)) count=1 conv=notrunc,fsync status=none
refused 'entry 1 has been lost' recover latest
# The system would start as it is.
not_armed
lvm vgchange -q -ay vgroup
test "$sum" = "$(sha256sum </dev/vgroup/lv-root)"
