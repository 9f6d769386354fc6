# shellcheck shell=sh
# Another account with the number of root, and another program with its rights: an alarm of its own, named
# for what it is. Each alarm is acknowledged for itself.
# Takes SHARED.

said() { zshield --lang en "$@" --root /run/sys; }
echo 'toor:x:0:0::/root:/bin/sh' >>/run/sys/etc/passwd
report 4
test "$(alarms)" = access
said status >/run/said || test $? = 1
grep 'gives access or rights: /etc/passwd (a new account with the rights of root: toor)' /run/said
said alarm list | grep 'access \[critical\]'
held_backup
chmod u+s /run/sys/usr/bin/less
echo more >>/run/sys/usr/bin/lesskey
report 4
test "$(alarms)" = 'access integrity'
said alarm ack integrity --reason 'built by hand'
test "$(alarms)" = access
held_backup
report 4
test "$(alarms)" = access
said alarm ack access --reason 'a second administrator'
test -z "$(alarms)"
report any
test -z "$(alarms)"
zshield backup --root /run/sys
