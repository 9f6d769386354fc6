# shellcheck shell=sh
# Services and timers are what they were.

if grep -q evil /usr/bin/refusing; then exit 1; fi
systemctl -q is-active refusing
systemctl -q is-active tick.timer
systemctl -q is-enabled tick.timer
systemctl show -p TimersCalendar tock.timer | grep -q 03:00:00
