# shellcheck shell=sh
# Whether a snapshot with a store of STORE bytes and chunks of CHUNK bytes is valid and as it was, after
# every byte of its origin of ORIGIN bytes was written anew: prints `survived`, `overflowed` or `changed`.
# Takes CHUNK, ORIGIN, STORE.

lvm vgchange -q -ay vgroup
lvm lvcreate -q -y -Zn -Wn -L "${ORIGIN}b" -n lv-root vgroup
head -c "$ORIGIN" /dev/urandom >/dev/vgroup/lv-root
before=$(sha256sum </dev/vgroup/lv-root)
lvm lvcreate -q -y -s -c "${CHUNK}b" -L "${STORE}b" -n snap0 vgroup/lv-root
head -c "$ORIGIN" /dev/urandom | dd of=/dev/vgroup/lv-root bs=1M conv=fsync status=none
invalid=$(lvm lvs --noheadings -o lv_snapshot_invalid vgroup/snap0 | tr -d ' ')
if test -n "$invalid"; then
    echo overflowed
elif test "$(sha256sum </dev/vgroup/snap0)" = "$before"; then
    echo survived
else
    echo changed
fi
lvm lvremove -q -y -f vgroup/snap0 vgroup/lv-root
