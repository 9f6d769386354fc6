# shellcheck shell=sh
# First one file comes back, then all. NOTHING is a pattern for the text that nothing differs.
# Takes NOTHING, SHARED.

zshield recover latest --root /run/sys --yes --only /opt/kinds/mode
test "$(stat -c %a /run/sys/opt/kinds/mode /run/sys/opt/kinds/owner | tr '\n' ' ')" = '644 644 '
test "$(stat -c %U /run/sys/opt/kinds/owner)" != root
zshield recover latest --root /run/sys --dry-run
zshield recover latest --root /run/sys --dry-run --json >"$SHARED/plan.json"
status=0
zshield recover latest --root /run/sys --yes || status=$?
echo status=$status
zshield recover latest --root /run/sys --deep --dry-run | tee /run/second
grep -q "$NOTHING" /run/second
if grep zshield_recover /run/sys/boot/zshield/grubenv; then exit 1; fi
mkdir -p /run/snap
mount -o ro,noload /dev/vgroup/snap1 /run/snap
same_boot /run/snap/var/lib/zshield/boot/files /run/sys/boot
umount /run/sys/boot
# The machine's own id is kept: the comparison below takes it as it was.
test "$(cat /run/sys/etc/machine-id)" = machine
cat /run/snap/etc/machine-id >/run/sys/etc/machine-id
touch -r /run/snap/etc/machine-id /run/sys/etc/machine-id
chmod --reference=/run/snap/etc/machine-id /run/sys/etc/machine-id
touch -r /run/snap/etc /run/sys/etc
same /run/snap /run/sys
umount /run/snap
hashes >/run/hashes.end
cmp /run/hashes /run/hashes.end
echo all-the-same
