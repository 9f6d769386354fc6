# shellcheck shell=sh
# What the next version of the demo's payload has that the first one has not. Takes the payload's directory as $1.

set -eu
root=$1
mkdir "$root/usr/share/gateway"
echo 2.0.0 >"$root/usr/share/gateway/version"
rm -r "$root/usr/share/zoneinfo"
cat >"$root/usr/lib/systemd/system/gateway.service" <<UNIT
[Unit]
Description=the product

[Service]
ExecStart=/usr/bin/sleep infinity

[Install]
WantedBy=multi-user.target
UNIT
chroot "$root" systemctl enable gateway
# Configuration that an administrator may have changed, too.
echo "# of version 2" >>"$root/etc/login.defs"
echo "version 2" >"$root/etc/motd"
# Another initrd.
if test -x "$root/usr/sbin/update-initramfs"; then
    echo "GATEWAY=2" >"$root/etc/initramfs-tools/conf.d/gateway"
    chroot "$root" update-initramfs -u
fi
