# shellcheck shell=sh
# The system is last night's on the new SSD, with its identity; data is kept; the next backup works.
# Takes SHARED. Calls functions of functions.sh.

test -z "$(armed)"
lvm vgchange -q -ay vgroup
e2fsck -fn /dev/vgroup/lv-root
mount_system
test "$(cat /run/sys/token)" = second
grep '10.0.0.7 mine' /run/sys/etc/hosts
cmp /run/sys/etc/machine-id "$SHARED/machine-id"
id=$(blkid -p -s PART_ENTRY_UUID -o value /dev/ubda3)
golden=$(blkid -p -s PART_ENTRY_UUID -o value /dev/ubda4)
grep "^PARTUUID=$id /boot " /run/sys/etc/fstab
grep -c "set own=$golden" /run/sys/boot/zshield/grub.cfg
for file in grub.cfg system.cfg; do
    cmp /run/sys/boot/zshield/$file /run/sys/var/lib/zshield/boot/files/zshield/$file
done
mkdir -p /run/user
for volume in lv-user lv-audit; do
    mount -o ro,noload /dev/vgroup/$volume /run/user
    (cd /run/user && sha256sum -c) <"$SHARED/$volume.sum"
    umount /run/user
done
# But for the partitions and what a recovery passes over, root is what the vault has.
mkdir -p /run/gen
"$ZSHIELD" vault mount "$(cat "$SHARED/second")" /run/gen --root /run/sys &
until mountpoint -q /run/gen; do kill -0 $!; done
same_trees -x lost+found -x fstab -x boot -x 66-zshield.rules -x lvm -x random-seed -x vault.json /run/gen /run/sys
kill $!
wait $! || true
test "$(generations latest | wc -l)" = 2
zshield backup --root /run/sys
vault copy
# Of one day the oldest and the newest are kept.
test "$(generations latest | wc -l)" = 2
test "$(generations latest | head -n 1)" != "$(cat "$SHARED/second")"
no_invalid
# The factory state is the next version. What is held against its own version is the system of before.
report=/run/report.json
zshield check --root /run/sys --json >"$report" || test $? = 4
test "$(grep -c /usr/lib/new "$report")" = 0
test "$(volumes)" = "lv-audit lv-root lv-user lv-vault snap0 snap1 "
