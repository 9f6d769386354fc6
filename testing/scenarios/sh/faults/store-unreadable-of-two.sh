# shellcheck shell=sh
# The kernel follows root with two snapshots, as before the backup that brings an appliance over, and one sector of the
# store of LOST cannot be read; a recovery to TARGET has begun and goes on by the other one.
# Takes LOST, TARGET.

latest_then_broken
recovery_has_begun "$TARGET"
lvm vgchange -q -ay vgroup
chunk=$(lvm lvs --noheadings --units b --nosuffix -o chunk_size vgroup/snap1 | tr -d ' ')
lvm lvremove -q -y vgroup/snap0
lvm lvcreate -q -y -s -c "${chunk}b" -l 100%ORIGIN -n snap0 vgroup/lv-root /dev/ubdb1
unreadable "vgroup-$LOST-cow"
if lvm vgchange -q -ay vgroup; then exit 1; fi
recover "$TARGET"
if lvm lvs "vgroup/$LOST"; then exit 1; fi
readable
