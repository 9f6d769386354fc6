# shellcheck shell=sh
# Nothing is damaged any more, and all is as it was.
# Takes SHARED.

is_whole
sums | diff "$SHARED/sums" -
