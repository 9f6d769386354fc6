# shellcheck shell=sh
# Copies back from `first`, the snapshot to go back to; `second` is a later one. CHUNK is the chunk
# size of both.
# Takes CHUNK, TOOL.

set -x
lvm vgchange -q -ay vgroup
lvm lvcreate -q -y -Zn -Wn -L 256M -n root vgroup
mke2fs -q -t ext4 -E lazy_itable_init=0 /dev/vgroup/root
mkdir -p /run/root /run/snap
mount /dev/vgroup/root /run/root
cp -a /usr/include /run/root/one
cp -a /usr/share/perl5 /run/root/two
lvm lvcreate -q -y -s -c "$CHUNK" -L 300M -n first vgroup/root
rm -rf /run/root/two
head -c 40000000 /dev/urandom >/run/root/fresh
find /run/root/one -name '*.h' | head -400 | while read -r f; do echo changed >>"$f"; done
sync
lvm lvcreate -q -y -s -c "$CHUNK" -L 300M -n second vgroup/root
rm -rf /run/root/one
head -c 60000000 /dev/urandom >/run/root/more
umount /run/root
first=$(sha256sum </dev/vgroup/first)
second=$(sha256sum </dev/vgroup/second)
$TOOL restore /dev/mapper/vgroup-first-cow /dev/vgroup/root /dev/vgroup/first
e2fsck -fn /dev/vgroup/root
mount -o ro,noload /dev/vgroup/root /run/root
mount -o ro,noload /dev/vgroup/first /run/snap
diff -r --no-dereference /run/root /run/snap
test -e /run/root/two
test ! -e /run/root/fresh
umount /run/root /run/snap
test "$first" = "$(sha256sum </dev/vgroup/first)"
echo 3 >/proc/sys/vm/drop_caches
test "$second" = "$(sha256sum </dev/vgroup/second)"
# Without the map of free blocks, every byte comes back.
$TOOL restore /dev/mapper/vgroup-first-cow /dev/vgroup/root
cmp /dev/vgroup/root /dev/vgroup/first
if lvm lvs --noheadings -o lv_snapshot_invalid vgroup | grep invalid; then exit 1; fi
# Damaged on a copy: the second exception's place in the store becomes the first's.
dd if=/dev/mapper/vgroup-first-cow of=store.img bs=1M status=none
size=$(od -An -tu4 -j12 -N4 store.img | tr -d ' ')
dd if=store.img of=store.img bs=1 skip=$((size * 512 + 8)) seek=$((size * 512 + 24)) count=8 conv=notrunc
if $TOOL restore store.img /dev/vgroup/root; then exit 1; fi
rm store.img
lvm lvremove -q -y -f vgroup/root
