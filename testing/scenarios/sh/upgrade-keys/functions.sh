# shellcheck shell=sh
# What the scripts about keys can call.
# Takes KEYS, NEW, OLD, POINT, SHARED, UPGRADE. Calls functions of appliance.sh.

# The rescue system goes back to a state.
rescue() {
    mkdir -p /run/golden
    mount -o ro,noload /dev/ubda4 /run/golden
    zshield recover "$1" --slot /run/golden/a --keys "$KEYS" --yes
    umount /run/golden
}
# The keys that the machine trusts, and those that were revoked, are these.
keys_are() {
    zshield --lang en key list --root /run/sys --json >/run/keys
    test "$(tr -d ' \n' </run/keys)" = "$1" || {
        cat /run/keys
        return 1
    }
}
trusted() { printf '{"key":"%s","origin":"%s"}' "$1" "$2"; }
# A bundle is taken, as far as a dry run goes; or refused for this reason, and nothing is changed.
taken() { zshield --lang en upgrade "$SHARED/$1" --root /run/sys --dry-run >/dev/null; }
refused() {
    status=0
    zshield --lang en upgrade "$SHARED/$1" --root /run/sys --yes >/run/said 2>&1 || status=$?
    cat /run/said
    test "$status" = 3
    grep -q "$2" /run/said
}
