# shellcheck shell=sh
# The machine has a network, by an administrator's own settings. Nobody names a router to it.

cat >/etc/systemd/network/10-own.network <<CONF
[Match]
Type=ether
[Network]
DHCP=ipv4
[Route]
Gateway=10.0.2.2
GatewayOnLink=yes
CONF
systemctl enable --now systemd-networkd
timeout 100 sh -c 'until ip route | grep ^default; do sleep 1; done'
timeout 100 sh -c 'until ip -brief -4 address show scope global | grep .; do sleep 1; done'
