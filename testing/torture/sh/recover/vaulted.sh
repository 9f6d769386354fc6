# shellcheck shell=sh
# The backup is in the vault too, under this name.
# Takes SHARED.

zshield vault copy --root /run/sys
zshield vault list --root /run/sys --json | jq -r '.generations[] | select(.kind == "latest") | .id' >"$SHARED/generation"
test "$(wc -c <"$SHARED/generation")" = 65
