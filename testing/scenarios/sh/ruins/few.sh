# shellcheck shell=sh
# Of all ruins those that no other scenario is like: no program starts, no node is one, nothing is
# in /boot.

begin
in_it() { chroot /run/sys "$@"; }

rm /run/sys/usr/lib/x86_64-linux-gnu/libc.so.6
recovered 'libc gone' in_it true
lent
rm -r /dev/mapper /dev/vgroup /dev/ubda3 /dev/null
echo written >/dev/null
recovered 'nodes gone and garbage' in_it test -c /dev/null
boot_emptied
