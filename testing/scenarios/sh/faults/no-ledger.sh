# shellcheck shell=sh
# Both copies of the ledger are damaged: a backup is refused, and nothing changes. The system that runs
# knows its parts all the same, and so does the rescue system, while it sees both disks.
# Takes SHARED.

mount_system
cp /run/sys/boot/zshield/ledger.b "$SHARED/ledger.b"
head -c 300 /dev/urandom >/run/sys/boot/zshield/ledger.b
# Every file of the system and of /boot, and every volume.
system() {
    (cd /run/sys && find . -printf '%p %y %m %U %G %T@ %l\n' && find . -type f -exec sha256sum {} +) |
        sort
}
stores() { for name in snap0 snap1 lv-user lv-audit; do sha256sum </dev/vgroup/$name; done; }
sync
system >/run/system
stores >/run/stores
volumes >/run/volumes
refused 'Both copies' backup
offered latest
umount /run/sys/boot /run/sys
# Without the HDD nothing says what was installed.
lvm vgchange -q -an vgroup
mv /dev/ubdb1 /dev/away
sum=$(sha256sum </dev/ubda5)
refused 'be made again' recover latest
test "$sum" = "$(sha256sum </dev/ubda5)"
mv /dev/away /dev/ubdb1
lvm vgchange -q -ay vgroup
stores | cmp - /run/stores
volumes | cmp - /run/volumes
mount_system
system | diff /run/system -
one_latest fresh
echo broken >/run/sys/token
umount /run/sys/boot /run/sys
recover latest
restored_to snap1
made_anew
