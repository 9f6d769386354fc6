# shellcheck shell=sh
# The matrix of a recovery of some files: these come back, and no others.

run_recovery() {
    zshield recover latest --root /run/sys --yes \
        --only /token /usr/lib/systemd /etc/pam.d /opt/kinds
}
came_back() {
    for path in token usr/lib/systemd etc/pam.d opt/kinds; do
        same_trees "/run/snap/$path" "/run/root/$path"
    done
    same /run/snap/opt/kinds /run/root/opt/kinds
    test -e /run/root/usr/bin/broken
    mount -o ro /dev/ubda3 /run/boot
    test -e /run/boot/vmlinuz-broken
    umount /run/boot
}
