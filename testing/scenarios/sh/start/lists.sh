# shellcheck shell=sh
# An administrator writes lists of LVM for disks and groups of his own, into each place that there is, and
# makes the initrd again, which takes a copy of them.

cat >>/etc/lvm/lvm.conf <<'END'
activation {
    volume_list = [ "data" ]
    auto_activation_volume_list = [ "data" ]
}
END
cat >/etc/lvm/lvmlocal.conf <<'END'
devices {
    use_devicesfile = 1
    filter = [ "r|.*|" ]
    global_filter = [ "r|.*|" ]
}
report { binary_values_as_numeric = 1 }
END
mkdir -p /etc/lvm/devices
cat >/etc/lvm/devices/system.devices <<'END'
VERSION=1.1.1
IDTYPE=sys_serial IDNAME=of-another DEVNAME=/dev/sdz PVID=none
END
# What somebody sees who asks LVM by himself.
if lvs vgroup/lv-root; then exit 1; fi
update-initramfs -u 2>/run/said
cat /run/said
grep '/etc/lvm/lvm.conf:[0-9]* has volume_list = \["data"\]' /run/said
