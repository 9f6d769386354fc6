# shellcheck shell=sh
# The slot on the Golden partition is another vendor's, and there is no factory snapshot.
# Takes FOREIGN, the directory of that vendor's keys, and KEYS.

refused() {
    why=$1
    shift
    status=0
    said=$(set +x; "$@" 2>&1) || status=$?
    echo "said: $said"
    test "$status" = 3
    echo "$said" | grep -q "$why"
}
mount_system
echo latest >/run/sys/token
zshield backup --root /run/sys
echo later >/run/sys/token
lvm lvremove -q -y vgroup/snap0
mkdir -p /run/slot /run/other
mount /dev/ubda4 /run/slot
mount -o ro,noload /dev/ubdd3 /run/other
rm -r /run/slot/a
cp -a /run/other/a /run/slot/a
umount /run/slot /run/other

refused "be trusted" zshield --lang en recover factory --offline --yes --root /run/sys
if grep 'zshield_re[a-z]*=.' /run/sys/boot/zshield/grubenv; then exit 1; fi
# A check calls it by its name, too.
status=0
zshield --lang en check --root /run/sys || status=$?
test "$status" = 1
sum=$(sha256sum </run/sys/boot/zshield/grub.cfg)
umount /run/sys/boot /run/sys
root=$(sha256sum </dev/vgroup/lv-root)

# Its rescue system brings the keys that it trusts. Those of this machine do not fit it.
mkdir -p /run/golden
mount -o ro,noload /dev/ubda4 /run/golden
at_rest() { zshield --lang en recover "$1" --slot /run/golden/a --keys "$2" --yes; }
refused 'one that this machine was installed from' at_rest factory "$FOREIGN"
lvm vgchange -q -ay vgroup
test "$root" = "$(sha256sum </dev/vgroup/lv-root)"
not_armed
status=0
at_rest factory "$KEYS" || status=$?
test "$status" = 1

# Nor does it become this machine's where the ledger is lost: the backup names the image.
mount /dev/ubda3 /run/boot
rm /run/boot/zshield/ledger.?
umount /run/boot
refused 'one that this machine was installed from' at_rest factory "$FOREIGN"
at_rest latest "$FOREIGN"
restored_to snap1
mount -o ro /dev/ubda3 /run/boot
test "$sum" = "$(sha256sum </run/boot/zshield/grub.cfg)"
test -s /run/boot/zshield/ledger.a
