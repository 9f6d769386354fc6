# shellcheck shell=sh
# Each part without which a system does nothing is gone or garbage, one after another.

begin
libraries=/run/sys/usr/lib/x86_64-linux-gnu
in_it() { chroot /run/sys "$@"; }

rm $libraries/libc.so.6
recovered 'libc gone' in_it true
lent
garbage $libraries/libc.so.6
recovered 'libc garbage' in_it true
lent
rm $libraries/ld-linux-x86-64.so.2
recovered 'loader gone' in_it true
lent
garbage $libraries/ld-linux-x86-64.so.2
recovered 'loader garbage' in_it true
lent
rm /run/sys/usr/sbin/lvm
recovered 'lvm gone' in_it lvm version
lent
garbage /run/sys/usr/sbin/lvm
recovered 'lvm garbage' in_it lvm version
lent
rm /run/sys/usr/sbin/dmsetup
recovered 'dmsetup gone' in_it dmsetup --version
lent
: >/run/sys/usr/sbin/dmsetup
recovered 'dmsetup empty' in_it grep -q . /usr/sbin/dmsetup
lent
rm -r /run/sys/usr/lib
recovered '/usr/lib gone' in_it true
lent
rm -r /run/sys/usr
recovered '/usr gone' in_it zshield --help
lent
garbage "$(readlink -f /run/sys/usr/bin/dash)"
recovered '/bin/sh garbage' in_it sh -c true
own
rm -f /run/sys/usr/bin/sh /run/sys/usr/bin/dash
recovered '/bin/sh gone' in_it sh -c true
own
rm /run/sys/lib/systemd/systemd
recovered 'systemd gone' in_it /lib/systemd/systemd --version
own
find /run/sys/etc -mindepth 1 -maxdepth 1 ! -name lvm -exec rm -r {} +
recovered '/etc gone' in_it getent passwd root
garbage /run/sys/etc/zshield/appliance.toml
recovered 'policy garbage' in_it grep -q product /etc/zshield/appliance.toml
rm /run/sys/etc/zshield/appliance.toml
recovered 'policy gone' in_it test -e /etc/zshield/appliance.toml
find /run/sys/var -mindepth 1 -maxdepth 1 ! -name log -exec rm -r {} +
recovered '/var gone' in_it test -e /var/lib/dpkg/status
rm -r /dev/mapper /dev/vgroup /dev/ubd* /dev/null
recovered 'nodes gone' in_it test -c /dev/null
rm /dev/null /dev/ubda3
echo written >/dev/null
garbage /dev/ubda3
recovered 'nodes garbage' in_it test -c /dev/null
boot_emptied
