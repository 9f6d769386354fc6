# shellcheck shell=sh
# The kernel and our reader find the stores sound, and the snapshots show what they showed before.
# Takes SHARED, TOOL.

lvm vgchange -q -ay vgroup
if lvm lvs --noheadings -o lv_snapshot_invalid vgroup | grep invalid; then exit 1; fi
for one in first second; do
    hash /dev/vgroup/$one | cmp - "$SHARED/$one"
    $TOOL table /dev/mapper/vgroup-$one-cow /dev/vgroup/root
done
