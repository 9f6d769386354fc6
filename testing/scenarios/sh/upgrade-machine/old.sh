# shellcheck shell=sh
# The old version is back, as it was; it says why, and what the failed start said is kept. Takes REASON.
# Calls functions.sh.

system | diff /home/before -
test "$(cat /home/data)" = customer
timeout 200 sh -c 'until zshield upgrade status --json | grep "\"now\": null"; do sleep 1; done'
zshield --lang en upgrade status
zshield --lang en upgrade status | grep "taken back: .*$REASON"
timeout 200 sh -c 'until zshield --lang en alarm list | grep upgrade-went-back; do sleep 1; done'
ls -l /var/log/zshield/upgrade/*
