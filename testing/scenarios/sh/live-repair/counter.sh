# shellcheck shell=sh
# A service that appends to a file on the user volume, which it holds open; and another service.

cat >/etc/systemd/system/counter.service <<'END'
[Service]
ExecStart=/bin/sh -c "exec 3>>/home/count; while :; do n=$$((n+1)); echo $$n >&3; sleep 0.2; done"
[Install]
WantedBy=multi-user.target
END
cat >/etc/systemd/system/other.service <<'END'
[Service]
ExecStart=/bin/sleep infinity
[Install]
WantedBy=multi-user.target
END
systemctl daemon-reload
systemctl enable --now counter other
