# shellcheck shell=sh
# Waits until the service NAME has answered again, and prints how long it was silent at the longest.
# Takes NAME.

until test "$(tail -n 1 "/home/$NAME" | cut -d . -f 1)" -ge "$(date +%s)"; do sleep 0.2; done
awk 'NR > 1 && $1 - last > most { most = $1 - last } { last = $1 } END { print most }' "/home/$NAME"
