# shellcheck shell=sh
# Two services, each with a shell of its own.

for name in changed same; do
    cp /bin/dash /usr/bin/dash-$name
    cat >/etc/systemd/system/beat-$name.service <<END
[Service]
ExecStart=/usr/bin/dash-$name -c "while :; do date +%%s.%%N >>/home/$name; sleep 0.2; done"
[Install]
WantedBy=multi-user.target
END
    systemctl enable --now beat-$name
done
sync
