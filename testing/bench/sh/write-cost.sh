# shellcheck shell=sh
# Measures writes to root: in one go, and small ones that are each synced.
# Takes SIZE, SNAPSHOTS, STORE, TOOL, WRITES.

group
root "$SIZE"
if test -n "$STORE"; then
    snapshot "$STORE"
    lvm lvconvert -q -y --splitsnapshot "vgroup/$STORE"
fi
for name in $SNAPSHOTS; do snapshot "$name"; done
slow_on
sequential() {
    measure "$1" dd if=/dev/zero of=/dev/vgroup/root bs=1M count=40 conv=fsync,notrunc status=none
}
sequential first
sequential again
measure synced "$TOOL" scatter /dev/vgroup/root 1 "$WRITES" sync
measure resynced "$TOOL" scatter /dev/vgroup/root 2 "$WRITES" sync
