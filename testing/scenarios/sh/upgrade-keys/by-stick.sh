# shellcheck shell=sh
# The stick that the old key has signed installs nothing over this appliance, and says why.
# Takes KEYS.

mkdir -p /run/medium
mount -o ro,noload /dev/ubdc3 /run/medium
for data in --keep-data ''; do
    status=0
    # It is none, or one.
    # shellcheck disable=SC2086
    zshield --lang en install --slot /run/medium/a --keys "$KEYS" $data --dry-run >/run/said 2>&1 ||
        status=$?
    cat /run/said
    test "$status" = 3
    grep -q "$OLD, which the vendor has revoked" /run/said
done
