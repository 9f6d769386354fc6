# shellcheck shell=sh
# What all scripts in a small appliance can call: commands of zshield on its mounted system, and
# what its volumes are.
# Takes POINT, ZSHIELD. Calls functions of compare.sh.

set -x
zshield() { "$ZSHIELD" "$@"; }
mount_system() {
    lvm vgchange -q -ay vgroup
    mkdir -p /run/sys
    mount -o noatime,noinit_itable /dev/vgroup/lv-root /run/sys
    mount /dev/ubda3 /run/sys/boot
}
volumes() { lvm lvs --noheadings -o lv_name vgroup | tr -d ' ' | sort | tr '\n' ' '; }
# When the latest backup was taken, in seconds since 1970.
latest() { lvm lvs --noheadings -o lv_time --config 'report{time_format="%s"}' vgroup/snap1; }
no_invalid() { ! lvm lvs --noheadings -o lv_snapshot_invalid vgroup | grep invalid; }
# Whether there is this way back by its snapshot; or by the image alone, which is another one.
offered() { way_back "$1" copy-back unpack; }
offered_by_image() { way_back "$1" unpack copy-back; }
way_back() {
    zshield --lang en recover "$1" --offline --root /run/sys --dry-run --json >"/run/way-$1" &&
        grep -q "\"$2\"" "/run/way-$1" && ! grep -q "\"$3\"" "/run/way-$1"
}
hashes() {
    for volume in snap0 snap1; do echo "$(sha256sum <"$(node_of $volume)") $volume"; done
    close_view
}
# The mounted system becomes one inside which commands and a daemon run.
enter() {
    mount /dev/vgroup/lv-audit /run/sys/var/log
    for directory in dev proc sys etc/lvm; do mount --bind /$directory /run/sys/$directory; done
    mount -t tmpfs tmpfs /run/sys/run
    mkdir -p /run/sys/run/lvm /run/sys/run/lock/lvm
}
inside() { chroot /run/sys env TMPDIR=/tmp "$@"; }
# Its backups are due at three to the second, and it is past that.
past_three() {
    printf '[backup]\nrandom_delay = "0s"\n' >>/run/sys/etc/zshield/appliance.toml
    date -s '2030-01-01 04:00' >/dev/null
    inside zshield check >/dev/null || test $? = 4
    inside zshield check --accept /etc/zshield/appliance.toml
    inside zshield backup >/dev/null
}
# The image on the stick is in /run/medium, and the payload in it in /run/payload.
mount_payload() {
    mkdir -p /run/medium /run/payload
    mount -o ro,noload /dev/ubdc3 /run/medium
    mount -t squashfs -o ro,loop /run/medium/a/root.squashfs /run/payload
}
not_armed() {
    mkdir -p /run/boot
    mount -o ro /dev/ubda3 /run/boot
    if grep zshield_recover /run/boot/zshield/grubenv; then return 1; fi
    umount /run/boot
}
# Root and /boot are those of the snapshot $1, and no recovery is armed.
restored_to() {
    lvm vgchange -q -ay vgroup
    e2fsck -fn /dev/vgroup/lv-root
    mkdir -p /run/root /run/snap /run/boot
    mount -o ro,noload /dev/vgroup/lv-root /run/root
    mount -o ro,noload "$(node_of "$1")" /run/snap
    same_trees /run/snap /run/root
    mount -o ro /dev/ubda3 /run/boot
    same_boot /run/snap/var/lib/zshield/boot/files /run/boot
    umount /run/boot /run/snap /run/root
    close_view
    not_armed
}
# Root and /boot are the payload's. Both stay mounted, in /run/root and /run/boot.
unpacked() {
    mount_payload
    e2fsck -fn /dev/vgroup/lv-root
    mkdir -p /run/root /run/boot
    mount -o ro,noload /dev/vgroup/lv-root /run/root
    same_as_payload /run/root
    mount -o ro /dev/ubda3 /run/boot
    for file in /run/payload/boot/*; do cmp "$file" "/run/boot/${file##*/}"; done
}
# Two backups and nothing that is left over.
all_volumes() {
    test "$(volumes)" = "lv-audit lv-root lv-user lv-vault snap0 snap1 "
    no_invalid
}
# From here on the power is lost at the fail point POINT; never, where it is empty.
arm_fail_point() { export ZSHIELD_FAIL_POINT="$POINT"; }
