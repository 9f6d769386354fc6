# shellcheck shell=sh
# The system has started by the lists of an administrator which leave its group out.

grep -q volume_list /etc/lvm/lvm.conf
test "$(findmnt -no SOURCE /)" = /dev/mapper/vgroup-lv--root
zshield recover latest --offline --dry-run
