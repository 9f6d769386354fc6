# shellcheck shell=sh
# An appliance whose vault is gone, with a backup.
# Takes SHARED.

mount_system
zshield backup --root /run/sys
lvm lvremove -q -y vgroup/lv-vault
sha256sum /dev/vgroup/lv-user /dev/vgroup/lv-audit >"$SHARED/data.sum"
