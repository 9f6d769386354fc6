# shellcheck shell=sh
# Boot code, ESP, GRUB files and the Golden Image are changed; no file of the system is.
# Takes SHARED.

byte() { printf X | dd of="$1" bs=1 conv=notrunc,fsync seek="$2"; }
mount_system
byte /dev/ubda 100
byte /dev/ubda1 1000
byte /dev/ubda2 5000
echo '# more' >>/run/sys/boot/zshield/grub.cfg
echo more >>/run/sys/boot/zshield/early.img
echo more >/run/sys/boot/zshield/more.cfg
mkdir /run/sys/boot/zshield/ledger.d
cp /run/sys/boot/zshield/system.cfg /run/sys/boot/zshield/ledger.d/
echo '# more' >>/run/sys/boot/zshield/system.cfg
rm /run/sys/boot/zshield/menu.pf2
# A backup takes all this along, and makes it no better.
zshield backup --root /run/sys
umount /run/golden
mkdir -p /run/slots
mount /dev/ubda4 /run/slots
byte /run/slots/a/core.img 1000
byte /run/slots/a/root.squashfs 1000000
umount /run/slots
sync
kept_report 4 quick
kept_report 4 deep --deep
kept_report 4 after
alarms >"$SHARED/alarms"
mount /dev/ubda4 /run/slots
byte /run/slots/a/manifest 1000
umount /run/slots
report 1
alarms >>"$SHARED/alarms"
