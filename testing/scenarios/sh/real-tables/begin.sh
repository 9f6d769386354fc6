# shellcheck shell=sh
# A root with two snapshots of chunk size CHUNK.
# Takes CHUNK, SHARED, TOOL.

lvm pvcreate -q -y /dev/ubda
lvm vgcreate -q vgroup /dev/ubda
lvm lvcreate -q -y -Zn -Wn -L 128M -n root vgroup
# What was there before: a store that was in this place, of the same chunks.
lvm lvcreate -q -y -s -c "$CHUNK" -L 160M -n old vgroup/root
$TOOL scatter /dev/vgroup/root 77 6000
lvm lvremove -q -y -f vgroup/old
lvm lvcreate -q -y -s -c "$CHUNK" -L 160M -n first vgroup/root
hash /dev/vgroup/root >"$SHARED/first"
$TOOL scatter /dev/vgroup/root 5 40
lvm lvcreate -q -y -s -c "$CHUNK" -L 160M -n second vgroup/root
hash /dev/vgroup/root >"$SHARED/second"
