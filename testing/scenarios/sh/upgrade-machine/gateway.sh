# shellcheck shell=sh
# What the vendor changed is there, and what the administrator changed, too.

test "$(cat /usr/share/gateway/version)" = 2.0.0
test ! -e /usr/share/zoneinfo
grep 'version 2' /etc/motd
systemctl -q is-active gateway
tail -n 1 /etc/login.defs | grep '# mine'
tail -n 1 /etc/login.defs.zshield-new | grep '# of version 2'
