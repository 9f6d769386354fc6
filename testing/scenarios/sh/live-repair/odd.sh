# shellcheck shell=sh
# A filesystem is mounted where the name is no UTF-8, as a share from another world has it.

odd="/mnt/$(printf '\327\312\301\317')"
mkdir "$odd"
mount -t tmpfs tmpfs "$odd"
echo mine >"$odd/data"
