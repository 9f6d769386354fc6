# shellcheck shell=sh
# Installs from the stick, or prints the plan for it where MODE is `plan`.
# Takes KEYS, MODE, ZSHIELD.

mkdir -p /run/medium
mount -o ro,noload /dev/ubdc3 /run/medium
set -- --slot /run/medium/a --keys "$KEYS" --yes
if test "$MODE" = plan; then set -- "$@" --dry-run --json; fi
exec "$ZSHIELD" install "$@"
