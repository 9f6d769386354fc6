# shellcheck shell=sh
# Breaks much of the system, the policy and /boot with it.

break_all() {
    mount_system
    echo broken >/run/sys/token
    rm -rf /run/sys/usr/lib/systemd /run/sys/etc/pam.d /run/sys/etc/zshield/appliance.toml
    head -c 20000000 /dev/urandom >/run/sys/usr/bin/broken
    rm -f /run/sys/boot/vmlinuz-*
    echo "a kernel" >/run/sys/boot/vmlinuz-broken
    echo "linux nothing" >/run/sys/boot/zshield/system.cfg
    sync
    umount /run/sys/boot /run/sys
}
