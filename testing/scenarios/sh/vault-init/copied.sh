# shellcheck shell=sh
# Backups are made and copied into the new vault, and the data is what it was.
# Takes SHARED.

zshield vault copy --root /run/sys
zshield --lang en vault check --deep --root /run/sys | grep 'is whole'
test "$(zshield vault list --json --root /run/sys | jq '.generations | length')" = 2
sha256sum -c "$SHARED/data.sum"
