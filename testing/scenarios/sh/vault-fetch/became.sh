# shellcheck shell=sh
# The machine is the one that is gone, on its own disks.
# Takes SHARED. Calls functions of functions.sh.

test -z "$(armed)"
mount_system
if ls /run/sys/boot/zshield/only.*; then exit 1; fi
cmp /run/sys/etc/machine-id "$SHARED/machine-id"
second=$(cat "$SHARED/second")
mkdir -p /run/gen
"$ZSHIELD" vault mount "$second" /run/gen --root /run/sys &
until mountpoint -q /run/gen; do kill -0 $!; done
same_trees -x lost+found -x fstab -x boot -x 66-zshield.rules -x lvm -x random-seed -x vault.json /run/gen /run/sys
kill $!
wait $! || true
id=$(blkid -p -s PART_ENTRY_UUID -o value /dev/ubda3)
grep "^PARTUUID=$id /boot " /run/sys/etc/fstab
zshield backup --root /run/sys
vault copy
# What was fetched has done its work.
vault forget | grep 'is removed'
vault forget | grep 'Nothing had been fetched'
if vault list | grep 'fetched, of'; then exit 1; fi
vault check --deep | grep 'is whole'
no_invalid
test "$(volumes)" = "lv-audit lv-root lv-user lv-vault snap0 snap1 "
