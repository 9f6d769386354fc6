# shellcheck shell=sh
# Every file of the system has its label, what the installation wrote as well; and the labels are noted
# on the user volume, or are those that were noted there.
# Takes WHEN: `first` or `again`.

# What programs make on an ordinary day is theirs. No policy is at work that would give it a label.
ours() {
    find / /boot -xdev \( -path /dev -o -path /home -o -path /proc -o -path /run -o -path /sys \
        -o -path /tmp -o -path /var -o -name lost+found -o -path /etc/.updated \
        -o -path /etc/lvm/archive -o -path /etc/lvm/backup \) -prune -o -print0
}
label() { getfattr --absolute-names --only-values -n security.selinux "$1" | tr -d '\0'; }
ours | xargs -0 getfattr -h --absolute-names -n security.selinux >/run/labels 2>/run/without || true
if grep 'No such attribute' /run/without; then exit 1; fi
for pair in /etc/fstab:etc_t /etc/machine-id:etc_t /etc/shadow:shadow_t /etc/zshield/appliance.toml:etc_t \
    /etc/ssh/ssh_host_ed25519_key:etc_t /boot:boot_t /boot/zshield/early.img:boot_t \
    /boot/zshield/system.cfg:boot_t /usr/sbin/sshd:sshd_exec_t /home:home_root_t /var/log:var_log_t \
    /var/log/zshield:var_log_t /var/lib/zshield/boot:var_lib_t; do
    test "$(label "${pair%:*}")" = "system_u:object_r:${pair#*:}:s0" || { echo "$pair"; exit 1; }
done
# Each on a line with its name. What came of an operation is noted by each in turn.
awk '/^# file:/ { name = $0 } /^security/ { print name, $0 }' /run/labels | sort |
    grep -v '/boot/zshield/outcome[.]' >/run/noted
if test "$WHEN" = first; then cp /run/noted /home/labels; else diff /home/labels /run/noted; fi
