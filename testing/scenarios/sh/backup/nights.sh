# shellcheck shell=sh
# COUNT backups with writes between them: each is of its night, and the space stays as it is.
# Takes COUNT.

set +x
mount_system
zshield backup --root /run/sys >/dev/null
free=$(lvm vgs --noheadings --units b -o vg_free vgroup)
mkdir -p /run/snap
night=0
while test $night -lt "$COUNT"; do
    night=$((night + 1))
    echo $night >/run/sys/token
    head -c $((night * 7919 % 9000000)) /dev/urandom >/run/sys/usr/noise-$((night % 7))
    rm -f /run/sys/usr/noise-$(((night + 3) % 7))
    sync
    begun=$(cut -d' ' -f1 /proc/uptime)
    zshield backup --root /run/sys >/dev/null
    ended=$(cut -d' ' -f1 /proc/uptime)
    test "$(volumes)" = "lv-audit lv-root lv-user lv-vault snap0 snap1 "
    no_invalid
    test "$(lvm vgs --noheadings --units b -o vg_free vgroup)" = "$free"
    mount -o ro,noload /dev/vgroup/snap1 /run/snap
    test "$(cat /run/snap/token)" = $night
    umount /run/snap
    fill=$(lvm lvs --noheadings -o snap_percent vgroup/snap0 vgroup/snap1 | tr -d ' ' | tr '\n' ' ')
    used=$(df -k --output=used /run/sys | tail -1)
    echo "night $night took $(awk "BEGIN { print $ended - $begun }") fill $fill root $used"
done
