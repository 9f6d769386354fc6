# shellcheck shell=sh
# All is right again, and both services run.

test ! -e /etc/evil
test ! -e /usr/lib/evil
test -d /usr/share/zoneinfo/America
test "$(stat -c %a /bin/ls)" = 755
cmp /bin/dash /usr/bin/dash-changed
systemctl is-active beat-changed beat-same
