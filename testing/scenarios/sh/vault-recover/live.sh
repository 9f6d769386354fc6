# shellcheck shell=sh
# The same while the system is mounted: by the beginning of a name, files alone, and all of it.
# Takes SHARED. Calls functions of functions.sh.

recover() { zshield --lang en recover "$@" --root /run/sys --yes; }
refused() {
    status=0
    recover "$@" >/run/said 2>&1 || status=$?
    test $status = 3
}
mount_system
first=$(cat "$SHARED/first")
short=$(printf %.8s "$first")
second=$(cat "$SHARED/second")

refused vault:00000000
grep 'has this name' /run/said
refused "vault:$first" --only /etc --offline || test $status = 2

echo broken >/run/sys/token
echo broken >/run/sys/etc/hosts
recover "vault:$short" --only /etc/hosts
grep '10.0.0.7 mine' /run/sys/etc/hosts
test "$(cat /run/sys/token)" = broken

recover "vault:$second"
test "$(cat /run/sys/token)" = second && test ! -e /run/sys/srv/odd
recover "vault:$short"
test "$(cat /run/sys/token)" = first
zshield --lang en recover "vault:$short" --root /run/sys --dry-run | grep 'nothing\|same\|Nothing'
test -z "$(sed -n 's/^zshield_recover=//p' /run/sys/boot/zshield/grubenv)"

# At the next start, and that taken back.
recover "vault:$short" --offline || test $? = 5
grep "^zshield_request=vault-$first$" /run/sys/boot/zshield/grubenv
zshield recover --cancel --root /run/sys
if grep zshield_request /run/sys/boot/zshield/grubenv; then exit 1; fi

# A backup after it is one of that night, and the vault is as whole as before.
zshield backup --root /run/sys
vault copy
vault check --deep | grep 'is whole'
