# shellcheck shell=sh
# Both copies of the ledger are damaged: a backup, and a recovery in the rescue system, are refused,
# and nothing changes. The system that runs knows its parts all the same.
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
sum=$(sha256sum </dev/vgroup/lv-root)
refused 'Both copies' recover latest
lvm vgchange -q -ay vgroup
test "$sum" = "$(sha256sum </dev/vgroup/lv-root)"
stores | cmp - /run/stores
volumes | cmp - /run/volumes
mount_system
system | diff /run/system -
one_latest fresh
cp "$SHARED/ledger.b" /run/sys/boot/zshield/ledger.b
offered latest
