# shellcheck shell=sh
# The old stick is too old by now, and no switch stands for the person who would have to say otherwise.
# Takes KEYS.

mkdir -p /run/medium /run/boot
mount -o ro,noload /dev/ubdc3 /run/medium
zshield --lang en install --slot /run/medium/a --keys "$KEYS" --keep-data --dry-run >/dev/null
status=0
zshield --lang en install --slot /run/medium/a --keys "$KEYS" --keep-data --yes || status=$?
test "$status" = 3
mount -o ro /dev/ubda3 /run/boot
grep -q '"version":"2.0.0"' /run/boot/zshield/ledger.?
