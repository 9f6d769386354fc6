# shellcheck shell=sh
# The digest of the new backup.
# Takes SHARED.

lvm vgchange -q -ay vgroup
digest_of snap1 >"$SHARED/new"
if cmp -s "$SHARED/old" "$SHARED/new"; then exit 1; fi
