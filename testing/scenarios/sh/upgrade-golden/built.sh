# shellcheck shell=sh
# The inactive slot is the new image, to the last byte.

see_slots
test "$(started)" = a
same_slot a /run/medium
same_slot b /run/stick-next
unsee_slots
