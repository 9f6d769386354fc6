#!/bin/sh
# A product that writes until there is no room left.
set -eu
sed -i 's/^health_limit.*/health_limit = "100s"/' /etc/zshield/appliance.toml
mkdir /usr/lib/systemd/system/gateway.service.d
cat >/usr/lib/systemd/system/gateway.service.d/fill.conf <<CONF
[Service]
ExecStartPre=-/bin/sh -c 'cat /dev/zero >/var/lib/full'
CONF
