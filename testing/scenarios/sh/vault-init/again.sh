# shellcheck shell=sh
# A vault is made once more, which is cut at POINT.

lvm lvremove -q -y vgroup/lv-vault
arm_fail_point
zshield vault init --yes --root /run/sys
