# shellcheck shell=sh
# Measures three ways back to a snapshot. All go back from the same exceptions, made one at a time
# as by a system over days: a chunk that is written again makes no new one. Where the HDD serves
# requests side by side for nothing, the order of requests does not matter.
# Takes HDD, ROOT, SIZE, TOOL, WRITES, XTASK.

group
root "$SIZE" "$ROOT"
snapshot snap
$TOOL scatter /dev/vgroup/root 1 "$WRITES" sync
slow_on
measure ours "$TOOL" restore /dev/mapper/vgroup-snap-cow /dev/vgroup/root
if test "$HDD" = seeks; then
    $TOOL scatter /dev/vgroup/root 2 "$WRITES"
    measure origin "$XTASK" guest origin-order /dev/mapper/vgroup-snap-cow /dev/vgroup/root
fi
$TOOL scatter /dev/vgroup/root 3 "$WRITES"
measure merge lvm lvconvert -q -y --merge -i 1 vgroup/snap
! lvm lvs vgroup/snap
