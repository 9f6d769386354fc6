# shellcheck shell=sh
# The place can be read again: the recovery ends.

recover latest
restored_to snap1
