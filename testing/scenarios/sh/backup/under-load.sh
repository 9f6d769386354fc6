# shellcheck shell=sh
# COUNT backups by the daemon, which believes that a day has passed each round, while at most WRITES
# times 8 MiB are written during each. The daemon runs inside the appliance's own system.
# Takes COUNT, WRITES.

set +x
mount_system
enter
# What grows and changes by itself: no check holds the backups for it.
mkdir -p /run/sys/var/lib/product
past_three
free=$(lvm vgs --noheadings --units b -o vg_free vgroup)
# Without a shell between: the process is the daemon itself.
chroot /run/sys env TMPDIR=/tmp zshield daemon &
daemon=$!
# To a daemon that begins after the clock is set, the machine has just started, and a missed backup waits.
until test -s /run/sys/run/zshield/daemon.json; do kill -0 $daemon; sleep 0.1; done
load() {
    while test -e /run/loaded && test "$(wc -l </run/writes)" -lt "$WRITES"; do
        number=$(((number + 1) % 12))
        dd if=/dev/urandom of=/run/sys/var/lib/product/noise-$number bs=1M count=8 conv=fsync status=none
        echo $number >>/run/writes
    done
}
# The fewest of many looks: what it has open for the moment of a look of its own is none that it keeps.
held_open() {
    for _ in $(seq 30); do
        find "/proc/$daemon/fd" -mindepth 1 | wc -l
        sleep 0.1
    done | sort -n | head -n 1
}
round=0
while test $round -lt "$COUNT"; do
    round=$((round + 1))
    : >/run/loaded
    : >/run/writes
    load &
    load=$!
    before=$(latest)
    date -s '+1 day' >/dev/null
    begun=$(cut -d' ' -f1 /proc/uptime)
    until test "$(latest 2>/dev/null)" != "$before" && ! lvm lvs vgroup/snap1-old >/dev/null 2>&1 &&
        test "$(volumes)" = "lv-audit lv-root lv-user lv-vault snap0 snap1 "; do
        kill -0 $daemon
        sleep 0.2
    done
    ended=$(cut -d' ' -f1 /proc/uptime)
    rm /run/loaded
    wait $load
    no_invalid
    test "$(lvm vgs --noheadings --units b -o vg_free vgroup)" = "$free"
    # The daemon has heard of the backup's end, and its child is gone.
    until ! pgrep -P $daemon >/dev/null; do sleep 0.2; done
    open=$(held_open)
    memory=$(awk '/VmRSS/ { print $2 }' /proc/$daemon/status)
    fill=$(lvm lvs --noheadings -o snap_percent vgroup/snap0 vgroup/snap1 | tr -d ' ' | tr '\n' ' ')
    echo "round $round took $(awk "BEGIN { print $ended - $begun }") open $open memory $memory" \
        "written $(($(wc -l </run/writes) * 8)) fill $fill"
done
ls -l /proc/$daemon/fd
kill $daemon
wait $daemon
inside zshield --lang en status | grep 'Last operation: *backup .* succeeded'
e2fsck -fn /dev/vgroup/snap1
