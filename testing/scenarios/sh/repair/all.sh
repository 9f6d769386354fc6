# shellcheck shell=sh
# Each part is damaged alone, and each two of them together: the repair names them, and leaves all as it was.

# What is within another comes before it: in a filesystem that is gone there is nothing to damage.
PARTS='core esp boot ledger environment golden boot-filesystem golden-filesystem hdd-table table'

lvm vgchange -q -an vgroup
is_whole
before=$(sums)

mended() {
    for part in "$@"; do damage "$part"; done
    found=$(repair --dry-run)
    repair --yes >/run/said
    is_whole
    if test "$(sums)" != "$before"; then
        echo "after $*: $found"
        echo "$before" >/run/before
        sums | diff /run/before -
        return 1
    fi
    echo "repaired: $*: $(echo "$found" | grep -c '^Damaged: ')"
}

# Each word is a part.
# shellcheck disable=SC2086
set -- $PARTS
while test $# -gt 0; do
    first=$1
    mended "$first"
    shift
    for second in "$@"; do mended "$first" "$second"; done
done
# Each word is a part.
# shellcheck disable=SC2086
mended $PARTS
