# shellcheck shell=sh
# With the HDD back the recovery ends.

recover latest
restored_to snap1
mount_system
offered latest
offered factory
