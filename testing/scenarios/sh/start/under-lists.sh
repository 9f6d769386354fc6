# shellcheck shell=sh
# Under these lists LVM shows a person nothing, and the system works.

if lvs vgroup/lv-root; then exit 1; fi
findmnt -no SOURCE,TARGET / || exit 1
findmnt -no SOURCE,TARGET /home || echo '/home is missing'
findmnt -no SOURCE,TARGET /var/log || echo '/var/log is missing'
systemctl -q is-active zshield
zshield --lang en status >/run/status || test $? = 1
cat /run/status
grep 'Latest backup: .*sound' /run/status
grep 'Alarms: .*/etc/lvm/lvm.conf:[0-9]* has volume_list = \["data"\]' /run/status
if grep 'missing:\|Backups:' /run/status; then exit 1; fi
timeout 150 sh -c 'until zshield alarm list --json | grep lvm-hindered; do sleep 1; done'
