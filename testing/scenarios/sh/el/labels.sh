# shellcheck shell=sh
# Every file has the label that the system's own policy has for it, as libselinux reads that: what the
# installation has written, what zshield has made since, and the directories below the mount points.
# Takes WHEN: `first`, where the state that the installation has left is looked at too, or `again`.

contexts=/etc/selinux/targeted/contexts/files/file_contexts
# What is mounted on $1, which counts as /, and has another label below $1$2.
differing() {
    setfiles -F -m -n -v -r "$1" "$contexts" "$1$2" >/run/differing
    sed "s,relabel $1,relabel ," /run/differing
}
# What programs make on an ordinary day is theirs, and no policy is at work that would give it a label.
ours() {
    awk '$0 !~ / from (\(null\)|<no context>) / || $3 ~ "^/var/(lib|log)/zshield(/|$)" ||
        $3 !~ "^/([.]autorelabel|etc/[.]updated|etc/lvm/(archive|backup)(/.*)?|tmp/.*|var/.*)$"'
}

: >/run/wrong
if test "$WHEN" = first; then
    mkdir /run/factory
    zshield backup mount factory /run/factory
    differing /run/factory "" >>/run/wrong
    umount /run/factory
fi
for at in "" /boot /home /var/log; do
    mkdir -p "/run/root$at"
    mount --bind "$at/" "/run/root$at"
    differing /run/root "$at" >/run/found
    ours </run/found >>/run/wrong
done
umount /run/root/var/log /run/root/home /run/root/boot /run/root
if grep . /run/wrong; then exit 1; fi

label() { getfattr --absolute-names --only-values -n security.selinux "$1" | tr -d '\0'; }
for pair in /etc/fstab:etc_t /etc/machine-id:machineid_t /etc/shadow:shadow_t \
    /etc/ssh/ssh_host_ed25519_key:sshd_key_t /etc/zshield/appliance.toml:zshield_etc_t \
    /boot:boot_t /boot/lost+found:lost_found_t /boot/zshield/early.img:boot_t /boot/zshield/grubenv:boot_runtime_t \
    /boot/zshield/ledger.a:boot_t /usr/sbin/sshd:sshd_exec_t /home:home_root_t /var/log:var_log_t \
    /var/log/zshield:zshield_log_t /var/lib/zshield/boot/set.json:zshield_var_lib_t; do
    test "$(label "${pair%:*}")" = "system_u:object_r:${pair#*:}:s0" || { echo "$pair"; exit 1; }
done
