# shellcheck shell=sh
# One sector of the latest backup's store cannot be read; a recovery to TARGET has begun and goes on.
# The kernel reads the beginning of the table of exceptions to activate a snapshot, and LVM needs
# all snapshots to activate root.
# Takes TARGET.

latest_then_broken
recovery_has_begun "$TARGET"
lvm vgchange -q -ay vgroup
unreadable vgroup-snap1-cow
if lvm vgchange -q -ay vgroup; then exit 1; fi
recover "$TARGET" >/run/steps 2>&1 &
recovery=$!
# Its place is free then, and is written before it is read.
until grep 'name=remove-volume status=ok' /run/steps; do
    kill -0 $recovery
    sleep 0.1
done
readable
status=0
wait $recovery || status=$?
cat /run/steps
test $status = 0
if lvm lvs vgroup/snap1; then exit 1; fi
