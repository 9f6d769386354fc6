# shellcheck shell=sh
# An intruder changes programs and settings, adds a service, and switches another one off.

echo evil >>/usr/bin/passwd
cp /bin/true /usr/bin/last
rm /usr/bin/wall
echo 'root::0:0::/:/bin/sh' >/etc/passwd.evil
chmod 4755 /bin/ls
mkdir /usr/lib/evil
echo evil >/usr/lib/evil/file
chattr +i /usr/lib/evil/file
printf '[Service]\nExecStart=/bin/sleep 100000\n' >/etc/systemd/system/evil.service
systemctl daemon-reload
systemctl start evil
systemctl disable --now other
