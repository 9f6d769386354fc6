# shellcheck shell=sh
# A kernel comes and goes as its package has it: below /usr/lib/modules, and by kernel-install.

old=$(uname -r)
new=99.0.0-1.el9.x86_64
mkdir -p "/lib/modules/$new"
cp "/boot/vmlinuz-$old" "/lib/modules/$new/vmlinuz"
kernel-install add "$new" "/lib/modules/$new/vmlinuz" "/boot/initramfs-$old.img"
ls /boot/loader/entries/*"$new.conf"
grep "vmlinuz-$new" /boot/zshield/system.cfg
grep "initramfs-$new.img" /boot/zshield/system.cfg
kernel-install remove "$new"
rm -r "/lib/modules/$new"
grep "vmlinuz-$old" /boot/zshield/system.cfg
grep "initramfs-$old.img" /boot/zshield/system.cfg
! grep "$new" /boot/zshield/system.cfg
