# shellcheck shell=sh
# Each reason against a vault is told, and changes nothing.

refused() {
    before=$(volumes)
    status=0
    zshield --lang en vault init --yes --root /run/sys >/run/said 2>&1 || status=$?
    test $status = 3
    grep "$1" /run/said
    test "$(volumes)" = "$before"
}

if zshield --lang en vault copy --root /run/sys 2>/run/said; then exit 1; fi
grep 'zshield vault init' /run/said
policy=/run/sys/etc/zshield/appliance.toml
cp -a $policy /run/policy
printf '[vault]\nsize = "none"\n' >>$policy
refused 'asks for no vault'
cp -a /run/policy $policy
printf '[vault]\nsize = "1GiB"\n' >>$policy
refused 'it needs 1 GiB'
cp -a /run/policy $policy
# Somebody else has the room by now, but for what backups need.
lvm lvcreate -q -y -n lv-other -L 64M vgroup /dev/ubdb1
while lvm lvextend -q -y -L +16M vgroup/lv-other; do :; done
refused 'has no room for a vault'
lvm lvremove -q -y vgroup/lv-other
