# shellcheck shell=sh
# Files to be broken later, in a payload that has few.

mount_system
for directory in usr/lib/systemd/system etc/pam.d; do
    mkdir -p /run/sys/$directory
    for name in one two three; do echo $name >/run/sys/$directory/$name.of-matrix; done
done
umount /run/sys/boot /run/sys
