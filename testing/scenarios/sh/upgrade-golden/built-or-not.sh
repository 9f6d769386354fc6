# shellcheck shell=sh
# After a cut: the active slot is what it was, and the inactive one is none, or whole.

see_slots
test "$(started)" = a
same_slot a /run/medium
if test -e /run/golden/b/manifest; then same_slot b /run/stick-next; fi
unsee_slots
