# shellcheck shell=sh
# All of it is as it was.

rpm -qf /usr/bin/factor
test "$(factor 91)" = '91: 7 13'
modprobe xfs
grep hello /etc/imitated.conf
if grep evil /etc/shadow || cmp -s /bin/true /usr/sbin/sshd; then exit 1; fi
systemctl -q is-active imitated
