# shellcheck shell=sh
# Prints the first sector of the table of exceptions of SNAPSHOT: of the store of a snapshot, which the kernel reads
# to activate it, or of a factory store, which is a volume like any other.
# Takes SNAPSHOT.

store=/dev/mapper/vgroup-$SNAPSHOT-cow
test -e "$store" || store=/dev/mapper/vgroup-$SNAPSHOT
# The words of the line are separate arguments.
# shellcheck disable=SC2046
set -- $(dmsetup table "${store##*/}")
test "$3" = linear
# The kernel writes the header beside the page cache.
chunk=$(dd if="$store" bs=4096 count=1 iflag=direct status=none | od -An -tu4 -j12 -N4 | tr -d ' ')
echo "sector-$(($(cat "/sys/dev/block/$4/start") + $5 + chunk))-"
