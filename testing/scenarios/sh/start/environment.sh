# shellcheck shell=sh
# Whoever was root has GRUB's environment name another directory, with another menu in it.

mkdir /boot/zshield/ledger.d
for menu in grub.cfg system.cfg; do
    sed 's/ panic=10/ evil=1 panic=10/' /boot/zshield/$menu >/boot/zshield/ledger.d/$menu
done
grep -q evil=1 /boot/zshield/ledger.d/system.cfg
cp /boot/zshield/early.img /boot/zshield/menu.pf2 /boot/zshield/ledger.d/
grub-editenv /boot/zshield/grubenv set 'prefix=(hd0,gpt3)/zshield/ledger.d' 'default=golden'
grep -q '^prefix=' /boot/zshield/grubenv
sync
fsfreeze -f /boot
fsfreeze -u /boot
