# shellcheck shell=sh
# A daemon is killed TIMES times, each time a TIMES-th of a night later; a night is a check, then a
# backup. Every second time the programs that it has started are killed with it, as systemd does;
# else they go on, and the next daemon comes upon them.
# Takes TIMES.

set +x
mount_system
enter
mkdir -p /run/sys/var/lib/product
past_three
token=/run/sys/var/lib/product/token
tidy() { test "$(volumes)" = "lv-audit lv-root lv-user lv-vault snap0 snap1 "; }
# A process group of its own.
begin() {
    rm -f /run/sys/run/zshield/daemon.json
    setsid chroot /run/sys env TMPDIR=/tmp zshield daemon 2>>/run/daemon.log &
    daemon=$!
    until test -s /run/sys/run/zshield/daemon.json; do kill -0 $daemon; sleep 0.1; done
}
# A day later by the clock the daemon has a check and a backup to make.
night() {
    date -s '+1 day' >/dev/null
    since=$(date +%s)
}
made() {
    until test "$(latest 2>/dev/null || echo 0)" -ge "$since" && tidy; do
        kill -0 $daemon
        sleep 0.2
    done
}
now() { cut -d' ' -f1 /proc/uptime; }
begin
night
begun=$(now)
made
whole=$(awk "BEGIN { print $(now) - $begun }")
kill $daemon
wait $daemon
echo "a night takes $whole s"
count=0
while test $count -lt "$TIMES"; do
    count=$((count + 1))
    echo $count >$token
    begin
    night
    sleep "$(awk "BEGIN { print $whole * $count / $TIMES }")"
    if test $((count % 2)) = 0; then kill -9 -$daemon; else kill -9 $daemon; fi
    wait $daemon || test $? = 137
    echo "killed at $count: $(volumes)"
    test $((count % 2)) = 0 || continue
    flock -w 20 /run/sys/run/zshield/lock true || { echo "somebody holds the lock"; exit 1; }
    for way in latest factory; do
        inside zshield recover $way --offline --dry-run --json >/run/way || { cat /run/way; exit 1; }
        grep -q '"copy-back"' /run/way
    done
    inside zshield alarm list --json >/dev/null
done
echo last >$token
begin
night
made
grep "\"ended\":$TIMES," /run/sys/run/zshield/incidents.json
kill $daemon
wait $daemon
inside zshield --lang en status || true
inside zshield --lang en alarm list
if grep panicked /run/daemon.log; then exit 1; fi
mkdir -p /run/snap
mount -o ro,noload /dev/vgroup/snap1 /run/snap
test "$(cat /run/snap/var/lib/product/token)" = last
umount /run/snap
no_invalid
no_mounts=$(grep -c /run/zshield /proc/mounts || true)
test "$no_mounts" = 0
