# shellcheck shell=sh
# Programs, one of which a service runs from, settings, and many small files are changed.

echo evil >>/usr/bin/passwd
rm -r /usr/share/zoneinfo/A*
chmod 4755 /bin/ls
cp /bin/true /usr/bin/last
echo evil >/etc/evil
mkdir /usr/lib/evil
cp /bin/dash /usr/bin/new
echo evil >>/usr/bin/new
mv /usr/bin/new /usr/bin/dash-changed
systemctl restart beat-changed
sync
sleep 2
rm /home/changed /home/same
sleep 1
