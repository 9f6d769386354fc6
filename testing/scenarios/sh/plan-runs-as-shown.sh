# shellcheck shell=sh
# Does one operation, or prints its plan: OPERATION is `install`, `backup`, `factory` or `latest`,
# MODE is `shown` or `done`.
# Takes KEYS, MODE, OPERATION. Calls functions of appliance.sh.

if test "$MODE" = shown; then set -- --dry-run; else set --; fi
case $OPERATION in
install)
    mkdir -p /run/medium
    mount -o ro,noload /dev/ubdc3 /run/medium
    zshield install --slot /run/medium/a --keys "$KEYS" --yes "$@"
    ;;
backup)
    mount_system
    zshield backup --root /run/sys "$@"
    ;;
factory | latest)
    mkdir -p /run/golden
    mount -o ro,noload /dev/ubda4 /run/golden
    zshield recover "$OPERATION" --slot /run/golden/a --keys "$KEYS" --yes
    ;;
esac
