# shellcheck shell=sh
# A backup is killed TIMES times, each time a TIMES-th of a whole backup later. Commands that it has
# started go on without it and are waited for.
# Takes TIMES, ZSHIELD.

set +x
mount_system
echo first >/run/sys/token
backup >/dev/null
# What one leaves that is killed while it proves.
lvm lvcreate -q -y -s -l 100%ORIGIN -n snap1-next vgroup/lv-root /dev/ubdb1
mkdir -p /run/zshield/mnt/proof
mount -o ro,noload /dev/vgroup/snap1-next /run/zshield/mnt/proof
begun() { "$ZSHIELD" backup --root /run/sys >/run/said 2>&1 & }
whole=0
begun
while kill -0 $! 2>/dev/null; do whole=$((whole + 1)); done
wait $!
echo "a backup takes $whole turns"
count=0
while test $count -lt "$TIMES"; do
    count=$((count + 1))
    echo $count >/run/sys/token
    turns=$((count * whole / TIMES))
    begun
    while test $turns -gt 0 && kill -0 $! 2>/dev/null; do turns=$((turns - 1)); done
    kill -9 $! 2>/dev/null || true
    status=0
    wait $! || status=$?
    # One that was refused, and not killed, would try nothing.
    if test $status != 0 && test $status != 137; then cat /run/said; exit 1; fi
    while pgrep -r D,R,S -x lvm >/dev/null; do :; done
    flock -n /run/zshield/lock true
    offered latest
    offered factory
    echo "killed at $count: $(volumes)"
done
echo last >/run/sys/token
backup
one_latest last
no_mounts=$(grep -c /run/zshield /proc/mounts || true)
test "$no_mounts" = 0
