# shellcheck shell=sh
# A hang-up, INT and TERM do not end a recovery that has begun. One that is killed is seen and goes on.
# Takes ZSHIELD.

armed() { grep -q zshield_recover=latest /run/sys/boot/zshield/grubenv; }
# Changes so many files that they take a while, and begins to put them right.
begin() {
    set +x
    for file in $many; do echo "$1" >"/run/sys/opt/many/$file"; done
    set -x
    # A shell has what it starts behind it ignore INT, a terminal does not.
    env --default-signal=INT "$ZSHIELD" --lang en recover latest --root /run/sys --yes >/run/said 2>&1 &
    pid=$!
    timeout 60 sh -c 'until grep -q zshield_recover=latest /run/sys/boot/zshield/grubenv; do :; done'
}

mount_system
mkdir -p /run/sys/opt/many
many=$(seq 3000)
set +x
for file in $many; do echo right >"/run/sys/opt/many/$file"; done
set -x
zshield backup --root /run/sys

begin broken
kill -HUP $pid
kill -INT $pid
kill -TERM $pid
wait $pid
cat /run/said
grep -q "continues to its end" /run/said
if armed; then exit 1; fi
test "$(cat /run/sys/opt/many/* | sort -u)" = right

begin wrong
kill -KILL $pid
wait $pid || true
armed
zshield --lang en status --root /run/sys >/run/status || true
cat /run/status
grep "Next start: *continues the recovery" /run/status
grep "Last operation: *recover .*interrupted before its end" /run/status
grep "Alarms: *a recovery .*stopped half-way" /run/status
zshield recover latest --root /run/sys --yes
if armed; then exit 1; fi
test "$(cat /run/sys/opt/many/* | sort -u)" = right
zshield --lang en status --root /run/sys >/run/status || true
if grep "stopped half-way\|interrupted" /run/status; then exit 1; fi
echo all-ended
