# shellcheck shell=sh
# COUNT days of ordinary use, each with a check: no alarm.
# Takes COUNT, SHARED.

inside() { chroot /run/sys "$@"; }
day() {
    day=$1
    mv /run/sys/var/log/app.log /run/sys/var/log/app.log.1 2>/dev/null || true
    head -c $((day * 7919 % 400000)) /dev/urandom >/run/sys/var/log/app.log
    gzip -f -c /run/sys/var/log/app.log >/run/sys/var/log/app.log.2.gz
    echo "login $day" >>/run/sys/var/log/wtmp
    echo "ls $day" >>/run/sys/root/.bash_history
    mkdir -p /run/sys/root/.cache "/run/sys/tmp/work-$day" /run/sys/var/tmp/kept
    echo "$day" >"/run/sys/tmp/work-$day/file"
    rm -rf /run/sys/tmp/work-$((day - 3))
    echo "$day" >"/run/sys/var/tmp/kept/$day"
    echo "$day" >/run/sys/var/lib/systemd/random-seed
    mkdir -p /run/sys/var/spool/mail /run/sys/var/lib/product
    head -c $((day * 104729 % 3000000)) /dev/urandom >/run/sys/var/lib/product/database
    echo "nameserver 10.0.0.$day" >/run/sys/etc/resolv.conf
    inside ldconfig
    inside apt-cache gencaches >/dev/null
    # The clock is set: a little ahead, or back.
    date -s "@$(($(date +%s) + 86400 + (day % 7 - 3) * 1800))" >/dev/null
}
set +x
mount_system
zshield backup --root /run/sys >/dev/null
day=0
while test "$day" -lt "$COUNT"; do
    day $((day + 1))
    case $day in
    10) inside useradd -m keeper ;;
    20) echo '10.0.0.1 peer' >>/run/sys/etc/hosts ;;
    30) mkdir -p /run/sys/etc/product; echo on >/run/sys/etc/product/mode ;;
    esac
    case $day in
    # Configuration that no backup has yet is listed, and that is no alarm.
    10 | 20 | 30)
        report 4
        only_configuration >/dev/null ;;
    *) report 0 ;;
    esac
    case $day in
    *0 | *5) zshield backup --root /run/sys >/dev/null ;;
    esac
    echo "day $day: $(jq -c '[.compared, (.findings | length), .unexpected]' "$SHARED/report.json")"
done
