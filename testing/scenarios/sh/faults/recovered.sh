# shellcheck shell=sh
# A recovery to the latest backup, and a backup after it.

recover latest
restored_to snap1
made_anew
