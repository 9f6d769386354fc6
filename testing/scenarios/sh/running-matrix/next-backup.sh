# shellcheck shell=sh
# Changes the system and makes a backup, which is cut at POINT.
# Takes POINT.

cp /run/sys/token /run/sys/token.before
echo "$POINT" >/run/sys/token
head -c 3000000 /dev/urandom >/run/sys/usr/noise
sync
arm_fail_point
zshield backup --root /run/sys
