# shellcheck shell=sh
# What is at an address, as far as it is looked, told of and installed.
# Takes SHARED.

mount_system
zshield backup --root /run/sys
ip link set lo up
address_is http://127.0.0.1:8080/latest.zsb

# Nobody listens.
code=0
look || code=$?
test "$code" = 1
status | grep -q '"failure"'

# The address of a login page.
serve
echo '<html>Please log in' >/run/web/there/latest.zsb
look | grep "can’t be installed here: This file is not a bundle"

# A newer version, of which its beginning alone is fetched.
cp "$SHARED/next.zsb" /run/web/there/latest.zsb
: >/run/nginx/access.log
look | grep 'Version 2.0.0 can be installed'
cat /run/nginx/access.log
test "$(grep -c . /run/nginx/access.log)" = 2
grep -q '^302 /latest.zsb' /run/nginx/access.log
sent=$(sed -n 's/^206 .there.latest.zsb //p' /run/nginx/access.log)
test "$sent" -le 65536
status >/dev/null
grep -q '"version": "2.0.0"' /run/status
grep -q 'Repairs the network.' /run/status
if grep -q upgrade-waits /run/status; then exit 1; fi

# Something else is at work: nothing begins.
flock -o /run/zshield/lock sleep 1000 &
holder=$!
until ! flock -n /run/zshield/lock true; do sleep 0.1; done
code=0
look || code=$?
test "$code" = 3
kill "$holder"
until flock -n /run/zshield/lock true; do sleep 0.1; done

# A clash that nobody has answered: it is told of, and nothing is changed.
echo mine >/run/sys/etc/shared
# Configuration that the latest backup has too is in order.
zshield backup --root /run/sys
code=0
zshield --lang en upgrade http://127.0.0.1:8080/latest.zsb --scheduled --root /run/sys || code=$?
test "$code" = 3
test "$(cat /run/sys/etc/shared)" = mine
grep -q '"version":"1.0.0"' /run/sys/boot/zshield/ledger.?
status >/dev/null
grep -q upgrade-waits /run/status
grep -q 'changed 2 paths, such as /etc/shared' /run/status

# With answers, of which the changed policy needs one too, it is installed, and on trial; nothing is offered any more.
cat >/run/sys/etc/zshield/answers.toml <<END
format = 1
[answers]
"/etc/shared" = "keep"
"/etc/zshield/appliance.toml" = "keep"
END
zshield backup --root /run/sys
zshield --lang en upgrade http://127.0.0.1:8080/latest.zsb --scheduled --root /run/sys
test "$(cat /run/sys/etc/shared)" = mine
grep -q '"phase":"trial"' /run/sys/boot/zshield/upgrade.?
status >/dev/null
if grep -q upgrade-waits /run/status; then exit 1; fi
