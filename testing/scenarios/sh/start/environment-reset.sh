# shellcheck shell=sh
# GRUB has not followed it, and the first word that the start itself wrote took it away. What it named is
# found by a check, and a recovery takes it away.

if grep evil=1 /proc/cmdline; then exit 1; fi
if grep '^prefix=' /boot/zshield/grubenv; then exit 1; fi
status=0
zshield --lang en check >/run/checked || status=$?
cat /run/checked
test $status = 4
grep '/boot/zshield/ledger.d' /run/checked
zshield recover factory --yes || test $? = 5
test ! -e /boot/zshield/ledger.d
