# shellcheck shell=sh
# What was synced is there, and nothing that was not: the file's name at the most.

mkdir /run/m
mount /dev/ubda /run/m
test "$(cat /run/m/kept)" = kept
test ! -s /run/m/lost
