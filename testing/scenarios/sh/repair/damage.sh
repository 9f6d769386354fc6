# shellcheck shell=sh
# All that a repair can make whole is destroyed.

for part in esp boot-filesystem golden-filesystem hdd-table table; do damage "$part"; done
