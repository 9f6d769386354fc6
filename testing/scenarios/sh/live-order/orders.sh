# shellcheck shell=sh
# One order after another: the same goes on, another takes its place, and the next start carries that
# one out.

mount_system
echo latest >/run/sys/token
zshield backup --root /run/sys

# No image but the installed one carries an order out, whoever signed it.
umount /run/golden
mkdir -p /run/slot
mount /dev/ubda4 /run/slot
cp /run/slot/a/manifest /run/manifest
echo >>/run/slot/a/manifest
umount /run/slot
ends 3 latest --offline
mv /run/sys/etc/zshield/keys /run/keys
ends 3 factory --offline
mv /run/keys /run/sys/etc/zshield/keys
test -z "$(word request)"
mount /dev/ubda4 /run/slot
cp /run/manifest /run/slot/a/manifest
umount /run/slot
mount -o ro,noload /dev/ubda4 /run/golden

# A recovery that is ordered keeps what it returns to, until somebody takes the order back.
ends 5 latest --offline
test "$(word request)" = latest
if zshield backup --root /run/sys; then exit 1; else test $? = 3; fi
ends 0 --cancel
test -z "$(word request)"
zshield backup --root /run/sys

stops latest
ends 3 --cancel
ends 3 latest --only /token
ends 0 latest
test "$(cat /run/sys/token)" = latest; test ! -e /run/sys/etc/broken
test -z "$(word recover)"

echo broken >/run/sys/token
export ZSHIELD_LEAVE_OUT=disarm
ends 0 latest
unset ZSHIELD_LEAVE_OUT
test "$(word recover)" = latest
ends 0 latest
test -z "$(word recover)"

stops latest --only /token
noted
ends 0 latest --only /token
if noted; then exit 1; fi
test -z "$(word recover)"; test -e /run/sys/etc/broken

stops latest --only /token
ends 5 latest
if noted; then exit 1; fi
test "$(word recover)" = latest; test -z "$(word request)"
restarts latest
test "$(cat /run/sys/token)" = latest; test ! -e /run/sys/etc/broken

stops latest
ends 5 factory
test "$(word recover)" = factory; test -z "$(word request)"
restarts factory
test ! -e /run/sys/token; test ! -e /run/sys/etc/broken
test -z "$(word recover)"
echo all-as-ordered
