# shellcheck shell=sh
# Compares root, its snapshot, /boot and the boot code with the stick by `diff` and `cmp` alone.
# EXCLUDED is a name that need not be the same; there may be none.

mount_payload
mkdir -p /run/root /run/snap
lvm vgchange -q -ay vgroup
test "$(lvm lvs --noheadings -o lv_snapshot_invalid vgroup/snap0 | tr -d ' ')" = ""
for volume in lv-root lv-user lv-audit lv-vault; do e2fsck -fn /dev/vgroup/$volume; done
e2fsck -fn /dev/ubda3
e2fsck -fn /dev/ubda4
for pair in lv-root:root snap0:snap; do
    at=/run/${pair#*:}
    mount -o ro,noload "/dev/vgroup/${pair%:*}" "$at"
    mount -o ro,noload /dev/ubda3 "$at/boot"
    mount -o ro,noload /dev/vgroup/lv-user "$at/home"
    mount -o ro,noload /dev/vgroup/lv-audit "$at/var/log"
    same_as_payload ${EXCLUDED:+-x "$EXCLUDED"} "$at"
done
mkdir -p /run/golden && mount -o ro,noload /dev/ubda4 /run/golden
diff -r /run/medium/a /run/golden/a
test "$(head -c 2 /dev/ubda | od -An -tx1 | tr -d ' ')" = eb63
cmp -n "$(stat -c %s /run/medium/a/esp.img)" /run/medium/a/esp.img /dev/ubda2
cmp -n "$(stat -c %s /run/medium/a/core.img)" /run/medium/a/core.img /dev/ubda1
ls /run/root/var/log/zshield/install-*.json
