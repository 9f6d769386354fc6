# shellcheck shell=sh
# The new version runs and stays, with what is the administrator's; the latest backup is one of it.

timeout 900 sh -c 'until zshield upgrade status --json | grep "\"now\": null"; do sleep 1; done'
zshield --lang en upgrade status
zshield --lang en upgrade status | grep 'from version 1.0.0 to 2.0.0: confirmed'
zshield --lang en status
zshield --lang en status | grep 'ersion: *2.0.0'
test "$(cat /etc/own /home/data | tr '\n' ' ')" = 'own customer '
test ! -e /var/lib/zshield/upgrade/before.json
if grep 'zshield_trial=1' /boot/zshield/grubenv; then exit 1; fi
