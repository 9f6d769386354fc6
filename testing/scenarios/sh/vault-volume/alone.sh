# shellcheck shell=sh
# The SSD is another one: the vault is read on the HDD alone, and nothing of LVM's is changed by that.
# Takes SHARED, TOOL.

set -x
metadata() { head -c 1048576 /dev/ubdb1 | sha256sum; }
before=$(metadata)
test "$(lvm vgs --noheadings -o vg_missing_pv_count vgroup | tr -d ' ')" = 1
for _ in 1 2; do
    $TOOL ubdb vgroup /run/vault "
        sha256sum -c <'$SHARED/vault.sum'
        grep ' /run/vault ext4 ro,nosuid,nodev,noexec' /proc/mounts
        if touch new; then exit 1; fi
        if ./program; then exit 1; fi
        if echo x >device; then exit 1; fi
    "
    if grep ' /run/vault ' /proc/mounts; then exit 1; fi
    if dmsetup info zshield-vault; then exit 1; fi
done
# What a killed process leaves is taken away by the next one.
if $TOOL ubdb vgroup /run/vault "kill -9 \$PPID; exit 1"; then exit 1; fi
grep ' /run/vault ' /proc/mounts
$TOOL ubdb vgroup /run/vault "sha256sum -c <'$SHARED/vault.sum'"
test "$(metadata)" = "$before"
# Another group, and a disk without one, are errors.
if $TOOL ubdb another /run/vault true; then exit 1; fi
if $TOOL ubda vgroup /run/vault true; then exit 1; fi
if dmsetup info zshield-vault; then exit 1; fi
echo the-vault-was-read
