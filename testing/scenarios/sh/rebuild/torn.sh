# shellcheck shell=sh
# Of a group that LVM does not see, what only shows a plan writes nothing: the data can't be kept as it
# is, and an appliance is there all the same.
# Takes KEYS.

mkdir -p /run/medium
mount -o ro,noload /dev/ubdc3 /run/medium
sums() { head -c 1048576 /dev/ubda5 | sha256sum; head -c 1048576 /dev/ubdb1 | sha256sum; }
before=$(sums)
if zshield install --slot /run/medium/a --keys "$KEYS" --keep-data --dry-run; then exit 1; fi
test "$(sums)" = "$before"
umount /run/medium
