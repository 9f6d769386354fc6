# shellcheck shell=sh
# Each of these services and timers is changed.

cp /usr/bin/refusing /usr/bin/refusing.new
echo evil >>/usr/bin/refusing.new
mv /usr/bin/refusing.new /usr/bin/refusing
echo '#' >>/etc/systemd/system/refusing.service
touch /home/no-more
echo '#' >>/etc/systemd/system/no-more.service
systemctl disable --now tick.timer
sed -i s/03:00:00/05:00:00/ /etc/systemd/system/tock.timer
systemctl daemon-reload
systemctl restart tock.timer
systemctl show -p TimersCalendar tock.timer | grep -q 05:00:00
