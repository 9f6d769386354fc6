# shellcheck shell=sh
# All of it as it is, for later.
# Takes SHARED.

lvm vgchange -q -an vgroup
is_whole
sums >"$SHARED/sums"
