# shellcheck shell=sh
# A service that does not let itself be stopped, a service that starts no more, and two timers.

cp /bin/sleep /usr/bin/refusing
cat >/etc/systemd/system/refusing.service <<'END'
[Unit]
RefuseManualStop=yes
[Service]
ExecStart=/usr/bin/refusing infinity
[Install]
WantedBy=multi-user.target
END
cat >/etc/systemd/system/no-more.service <<'END'
[Service]
ExecStartPre=/usr/bin/test ! -e /home/no-more
ExecStart=/bin/sleep infinity
[Install]
WantedBy=multi-user.target
END
for timer in tick tock; do
    printf '%s\n' '[Service]' 'ExecStart=/bin/true' >/etc/systemd/system/$timer.service
    printf '%s\n' '[Timer]' 'OnCalendar=*-*-* 03:00:00' '[Install]' 'WantedBy=timers.target' \
        >/etc/systemd/system/$timer.timer
done
systemctl daemon-reload
systemctl enable --now refusing no-more tick.timer tock.timer
