# shellcheck shell=sh
# The service was started again, and writes to the file that came back: no number is missing. Then
# it is stopped, and the file put back.

systemctl -q is-active rows
pid=$(systemctl show -p MainPID --value rows)
until test "$(wc -l </var/lib/rows/all)" -gt 3; do sleep 1; done
test "$(stat -L -c %i "/proc/$pid/fd/3")" = "$(stat -c %i /var/lib/rows/all)"
systemctl stop rows
seq "$(wc -l </var/lib/rows/all)" | cmp - /var/lib/rows/all
zshield recover latest --yes --only /var/lib/rows || test $? = 5
test "$(cat /var/lib/rows/all)" = 1
