# shellcheck shell=sh
# A new machine gets a backup of the one that is gone, and goes back to it while it runs: it stays the machine that it is.
# Takes SHARED. Calls functions of functions.sh.

ends_with() {
    wanted=$1
    shift
    status=0
    "$@" >/run/said 2>&1 || status=$?
    test $status = "$wanted"
}
fetch() { vault fetch "$place" --recovery-key "$SHARED/key" "$@"; }
mount_system
second=$(cat "$SHARED/second")
if cmp /run/sys/etc/machine-id "$SHARED/machine-id"; then exit 1; fi
cp /run/sys/etc/machine-id "$SHARED/own-id"
place=$SHARED/place.toml
printf '[[directory]]\nname = "far"\npath = "%s"\n' "$SHARED/far" >"$place"

# What is wrong is told, and nothing is changed.
tr 0-9 1-90 <"$SHARED/key" >"$SHARED/mistyped"
ends_with 3 vault fetch "$place" newest --recovery-key "$SHARED/mistyped"
grep 'This is no recovery key' /run/said
ends_with 3 vault fetch elsewhere newest --recovery-key "$SHARED/key"
grep 'names no place' /run/said
cp "$place" "$SHARED/two.toml"
printf '[[directory]]\nname = "b"\npath = "/run/nas"\n' >>"$SHARED/two.toml"
ends_with 3 vault fetch "$SHARED/two.toml" newest --recovery-key "$SHARED/key"
grep 'has to name one place' /run/said
# Of another machine, and so well-formed.
echo 00000-00000-00000-00000-00000-0QV38 >"$SHARED/wrong-key"
ends_with 3 vault fetch "$place" newest --recovery-key "$SHARED/wrong-key"
grep 'does not open this vault' /run/said
ends_with 3 fetch 00000000 --yes
grep 'has this name' /run/said
ends_with 3 zshield recover latest --take-over --root /run/sys --yes
grep 'vault:ID' /run/said

fetch | grep "$(printf %.8s "$second")"
fetch newest --dry-run | grep 'is fetched into the vault'
ends_with 3 vault list
# A damaged pack there: what is in it is named, all else comes; whole again it comes too.
pack=$(find "$SHARED/far/data" -type f -printf '%s %p\n' | sort -n | tail -n 1 | cut -d " " -f 2)
printf 'XXXX' >"$SHARED/wrong"
dd if="$pack" of="$SHARED/right" bs=1 skip=4000 count=4 2>/dev/null
dd if="$SHARED/wrong" of="$pack" bs=1 seek=4000 conv=notrunc 2>/dev/null
ends_with 1 fetch newest --yes
grep 'Damaged there' /run/said
dd if="$SHARED/right" of="$pack" bs=1 seek=4000 conv=notrunc 2>/dev/null
fetch newest --yes
fetch newest --yes | grep ' 0 MB'
vault list | grep 'fetched, of'
test "$(vault list --json | jq -r '.generations[] | select(.fetched) | .id')" = "$second"
mkdir /run/taken
vault get "$second" /token /run/taken
test "$(cat /run/taken/token)" = second

# Nothing of that place is needed any more.
mv "$SHARED/far" "$SHARED/away"
zshield --lang en recover "vault:$second" --root /run/sys --yes
test "$(cat /run/sys/token)" = second
grep '10.0.0.7 mine' /run/sys/etc/hosts
cmp /run/sys/etc/machine-id "$SHARED/own-id"
id=$(blkid -p -s PART_ENTRY_UUID -o value /dev/ubda3)
grep "^PARTUUID=$id /boot " /run/sys/etc/fstab
grep -c "set own=$(blkid -p -s PART_ENTRY_UUID -o value /dev/ubda4)" /run/sys/boot/zshield/grub.cfg
zshield backup --root /run/sys
vault copy
vault check --deep | grep 'is whole'
no_invalid
