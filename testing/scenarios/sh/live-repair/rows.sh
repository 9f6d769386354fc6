# shellcheck shell=sh
# A service that appends to a file on root, which it holds open: the next number each time. It is
# not started yet.

mkdir -p /var/lib/rows
echo 1 >/var/lib/rows/all
cat >/var/lib/rows/append <<'END'
exec 3>>/var/lib/rows/all
n=$(wc -l </var/lib/rows/all)
while :; do n=$((n + 1)); echo $n >&3; sleep 0.5; done
END
cat >/etc/systemd/system/rows.service <<'END'
[Service]
ExecStart=/bin/sh /var/lib/rows/append
END
systemctl daemon-reload
