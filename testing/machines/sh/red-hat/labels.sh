#!/bin/sh
# Every file of the system in $1 gets a label as the targeted policy of the Red Hat family would give
# it, in small: nothing here enforces it, and the kernel keeps it as it keeps any attribute.
set -eu
root=$1

# The label of the type $2 for $1 and all below it, as libselinux writes it: with a zero behind.
label() {
    value=0x$(printf 'system_u:object_r:%s:s0\0' "$2" | od -An -v -tx1 | tr -d ' \n')
    find "$root$1" -xdev \( -path "$root/proc" -o -path "$root/sys" -o -path "$root/dev" \
        -o -path "$root/run" \) -prune -o -print0 |
        xargs -0 setfattr -h -n security.selinux -v "$value"
}
label / usr_t
while read -r path type; do label "$path" "$type"; done <<'END'
/boot boot_t
/etc etc_t
/etc/group passwd_file_t
/etc/hosts net_conf_t
/etc/passwd passwd_file_t
/etc/selinux selinux_config_t
/etc/shadow shadow_t
/etc/systemd/system systemd_unit_file_t
/home home_root_t
/root admin_home_t
/tmp tmp_t
/usr/bin bin_t
/usr/lib lib_t
/usr/lib/modules modules_object_t
/usr/lib/systemd/system systemd_unit_file_t
/usr/lib/systemd/systemd init_exec_t
/usr/sbin bin_t
/usr/sbin/lvm lvm_exec_t
/usr/sbin/sshd sshd_exec_t
/var var_t
/var/lib var_lib_t
/var/lib/rpm rpm_var_lib_t
/var/log var_log_t
END
