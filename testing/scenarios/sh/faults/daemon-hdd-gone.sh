# shellcheck shell=sh
# The HDD goes under a daemon. The daemon looks when it begins, and then after a minute: the note must
# come before.

wrapped /dev/ubdb1 hdd
mount_system
echo first >/run/sys/token
backup
enter
chroot /run/sys env TMPDIR=/tmp zshield daemon &
daemon=$!
until test -s /run/sys/run/zshield/daemon.json; do sleep 0.1; done
test ! -e /run/sys/boot/zshield/degraded
gone hdd
begun=$(cut -d. -f1 /proc/uptime)
echo second >/run/sys/usr/token
until test -s /run/sys/boot/zshield/degraded; do
    test $(($(cut -d. -f1 /proc/uptime) - begun)) -lt 30
    sync -f /run/sys/usr/token
    sleep 0.1
done
kill $daemon
wait $daemon
sync
