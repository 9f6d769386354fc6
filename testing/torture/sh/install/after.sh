# shellcheck shell=sh
# A machine that starts is an appliance. A machine that does not start becomes one when the
# installation goes on.
# Takes KEYS, SSD, STICK.

mounted "${STICK}3" medium ro,noload
mkdir -p /run/payload /run/system
mount -t squashfs -o ro,loop /run/medium/a/root.squashfs /run/payload
is_appliance() {
    begin_start
    lvm vgchange -q -ay vgroup
    test "$(volumes)" = "lv-audit lv-root lv-user lv-vault snap0 "
    for device in /dev/vgroup/lv-root /dev/vgroup/lv-user /dev/vgroup/lv-audit /dev/vgroup/lv-vault "${SSD}3" "${SSD}4"; do
        e2fsck -fn "$device"
    done
    for volume in lv-root snap0; do
        mount -o ro,noload /dev/vgroup/$volume /run/system
        mount -o ro,noload "${SSD}3" /run/system/boot
        mount -o ro,noload /dev/vgroup/lv-user /run/system/home
        mount -o ro,noload /dev/vgroup/lv-audit /run/system/var/log
        same_as_payload /run/system
        # Names of files are separate arguments, and have no spaces in them.
        # shellcheck disable=SC2046
        grub_reads /run/system/boot zshield/grub.cfg zshield/system.cfg \
            $(cd /run/payload/boot && ls)
        ls /run/system/var/log/zshield/install-*.json
        umount /run/system/boot /run/system/home /run/system/var/log /run/system
    done
    mounted "${SSD}4" golden ro,noload
    diff -r /run/medium/a /run/golden/a
    umount /run/golden
    cmp -n "$(stat -c %s /run/medium/a/core.img)" /run/medium/a/core.img "${SSD}1"
    cmp -i 512 -n $(($(stat -c %s /run/medium/a/esp.img) - 512)) /run/medium/a/esp.img "${SSD}2"
}
starts=no
cmp -s -n 440 /dev/nbd0 /dev/zero || starts=yes
if test -e "${SSD}2"; then cmp -s -n 512 "${SSD}2" /dev/zero || starts=yes; fi
echo "after the cut: starts=$starts"
if test $starts = yes; then is_appliance; lvm vgchange -q -an vgroup; fi
status=0
zshield install --slot /run/medium/a --keys "$KEYS" --yes || status=$?
# An appliance is not installed over without a word that nobody types here.
test $status = 0 || { test $status = 3; test $starts = yes; }
cmp -n 440 /run/medium/a/boot.img /dev/nbd0
cmp -n 512 /run/medium/a/esp.img "${SSD}2"
if test $starts = no; then is_appliance; fi
