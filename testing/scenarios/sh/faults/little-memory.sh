# shellcheck shell=sh
# A recovery that may use 96 MiB of addresses ends. A recovery that is given no more memory once it
# is armed fails and stays armed.
# Takes KEYS, ZSHIELD.

latest_then_broken
# shellcheck disable=SC3045  # dash and bash know it.
(ulimit -v 98304; recover latest)
restored_to snap1
mount_system
echo broken >/run/sys/token
umount /run/sys/boot /run/sys
# From the step that arms it on, it is given no more.
"$ZSHIELD" recover latest --slot /run/golden/a --keys "$KEYS" --yes >/run/said 2>&1 &
pid=$!
(set +x; until grep -q 'name=arm status=ok' /run/said; do kill -0 $pid; done)
prlimit --pid $pid --as=1
status=0
wait $pid || status=$?
shown "$(cat /run/said)"
echo "said: status $status after $(grep -c ::zshield /run/said) steps"
test $status != 0
if grep 'name=prove-copy' /run/said; then exit 1; fi
# It may have left its mounts.
mkdir -p /run/boot
mount /dev/ubda3 /run/boot
grep '^zshield_recover=latest$' /run/boot/zshield/grubenv
umount /run/boot
