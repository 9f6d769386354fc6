# shellcheck shell=sh
# A program appends to a file that it holds open, another one rewrites its file all the time. Both
# go on while the system is put right, and lose nothing; the rest is put right and nothing is armed.

mount_system
app=/run/sys/var/lib/app
mkdir -p $app
echo 1 >$app/rows
echo state >$app/state
echo right >/run/sys/etc/setting
zshield backup --root /run/sys

echo broken >/run/sys/etc/setting
(
    set +x
    exec 3>>$app/rows
    n=1
    while :; do
        n=$((n + 1))
        echo $n >&3
        sleep 0.1
    done
) &
appends=$!
(
    set +x
    n=0
    while :; do
        n=$((n + 1))
        echo "state $n" >$app/state
    done
) &
rewrites=$!
more_than() { timeout 20 sh -c "until test \$(wc -l <$app/rows) -gt $1; do sleep 0.1; done"; }
more_than 3

status=0
zshield --lang en recover latest --root /run/sys --yes >/run/said || status=$?
cat /run/said
test $status = 5
grep "because a program that can’t be stopped writes to them" /run/said
grep "/var/lib/app/rows was left as it is" /run/said
grep "/var/lib/app/state was changed\|/var/lib/app/state was left as it is" /run/said
test "$(cat /run/sys/etc/setting)" = right
if grep zshield_recover /run/sys/boot/zshield/grubenv; then exit 1; fi
more_than "$(wc -l <$app/rows)"
kill $appends $rewrites
wait || true
seq "$(wc -l <$app/rows)" | cmp - $app/rows

zshield recover latest --root /run/sys --yes
test "$(cat $app/rows $app/state)" = "$(printf '1\nstate')"
echo nobody-lost
