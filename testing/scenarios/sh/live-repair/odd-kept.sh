# shellcheck shell=sh
# It is mounted still, with what was in it; a check sees it.

odd="/mnt/$(printf '\327\312\301\317')"
test "$(cat "$odd/data")" = mine
grep -c '^tmpfs /mnt/' /proc/mounts
zshield check >/run/checked || test $? = 4
