#!/bin/sh
# A product that takes all the room there is.
set -eu
sed -i 's/^health_limit.*/health_limit = "100s"/' /etc/zshield/appliance.toml
cat >/usr/lib/fill <<'FILL'
#!/bin/sh
fallocate -l "$(($(stat -f -c '%a * %S' /var/lib) - (4 << 20)))" /var/lib/full
FILL
chmod 755 /usr/lib/fill
mkdir /usr/lib/systemd/system/gateway.service.d
printf '[Service]\nExecStartPre=-/usr/lib/fill\n' >/usr/lib/systemd/system/gateway.service.d/fill.conf
