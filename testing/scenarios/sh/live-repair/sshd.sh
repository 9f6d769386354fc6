# shellcheck shell=sh
# The settings of sshd, which no package's list names, are changed, and it goes by them.

if dpkg -S /etc/ssh/sshd_config; then exit 1; fi
echo 'Port 2222' >>/etc/ssh/sshd_config
systemctl restart ssh
listens() { awk -v port=":$1" '$4 == "0A" && substr($2, 9) == port { found = 1 } END { exit !found }' /proc/net/tcp; }
until listens 08AE; do sleep 0.2; done
if listens 0016; then exit 1; fi
