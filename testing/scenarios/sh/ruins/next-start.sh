# shellcheck shell=sh
# Neither the system's programs start nor can the backup lend its own: the next start is told to go
# back, and so is a person.

begin
echo broken >/run/sys/token
rm /run/sys/usr/lib/x86_64-linux-gnu/libc.so.6
# Nothing can be mounted there.
rm -rf /run/sys/run/zshield/tools
touch /run/sys/run/zshield/tools
status=0
from_outside recover latest --yes >/run/said 2>&1 || status=$?
cat /run/said
test "$status" = 5
grep -q 'nobody can examine' /run/said
grep -q 'sysrq-trigger' /run/said
grep zshield_request=latest /run/sys/boot/zshield/grubenv
