# shellcheck shell=sh
# Nothing of it is left.

test ! -e /etc/passwd.evil
test ! -e /usr/lib/evil
if grep -q evil /usr/bin/passwd; then exit 1; fi
test "$(stat -c %a /bin/ls)" = 755
test ! -e /etc/systemd/system/evil.service
if systemctl -q is-active evil; then exit 1; fi
systemctl -q is-active other
systemctl -q is-enabled other
