# shellcheck shell=sh
# sshd goes by the settings that came back.

listens() { awk -v port=":$1" '$4 == "0A" && substr($2, 9) == port { found = 1 } END { exit !found }' /proc/net/tcp; }
if grep 2222 /etc/ssh/sshd_config; then exit 1; fi
systemctl -q is-active ssh
until listens 0016; do sleep 0.2; done
if listens 08AE; then exit 1; fi
