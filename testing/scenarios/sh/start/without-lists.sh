# shellcheck shell=sh
# The lists are gone: the volumes of the user data and of the logs are there again, and so the alarm goes.

mountpoint /home
mountpoint /var/log
test "$(cat /home/token)" = kept
lvs vgroup/lv-root vgroup/snap0 vgroup/snap1
timeout 150 sh -c 'while zshield alarm list --json | grep lvm-hindered; do sleep 1; done'
