# shellcheck shell=sh
# What an administrator and a customer have changed before the upgrade, and what the system is then.
# Calls functions.sh.

echo '# mine' >>/etc/login.defs
echo own >/etc/own
echo customer >/home/data
system >/home/before
mkdir /run/bundles
mount -o ro /dev/disk/by-label/bundles /run/bundles
ls -l /run/bundles
