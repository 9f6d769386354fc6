# shellcheck shell=sh
# Measures an upgrade of the mounted system; and beside it the same number of bytes, written at once.
# Takes BUNDLE, XTASK, ZSHIELD.

set +x
mount_system
touch /run/before
measure() { "$XTASK" guest measure "$@"; }
# Each step that is done, with the time since the machine was started.
# The inner shell is the one to expand it.
# shellcheck disable=SC2016
measure upgrade sh -ec '
    "$ZSHIELD" --lang en upgrade "$BUNDLE" --root /run/sys --yes 2>&1 |
        while read -r line; do echo "$(cut -d " " -f 1 /proc/uptime) $line"; done >/run/said
'
cat /run/said
grep -q 'name=begin-trial status=ok' /run/said
# From the last step of the backup to the trial.
awk '/ step=/ { if (/name=stage-upgrade/) began = before; if (/name=begin-trial/) print "applied:", $1 - began; before = $1 }' /run/said
find /run/sys /run/sys/boot -xdev -path /run/sys/var/lib/zshield -prune -o -cnewer /run/before -type f -printf '%s\n' |
    awk '{ sum += $1 } END { print sum }' >/run/bytes
head -c "$(cat /run/bytes)" /dev/urandom >/run/written
sync
measure dd dd if=/run/written of=/run/sys/var/lib/written bs=1M conv=fsync status=none
