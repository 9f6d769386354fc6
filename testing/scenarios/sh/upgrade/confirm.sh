# shellcheck shell=sh
# The version that is on trial is confirmed: it is in the latest backup then, and a check finds nothing at all.

mount_system
zshield --lang en upgrade confirm --root /run/sys
has_no_word zshield_trial
zshield --lang en check --root /run/sys
umount /run/sys/boot /run/sys
