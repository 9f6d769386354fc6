# shellcheck shell=sh
# Prints the first sector of the table of exceptions of SNAPSHOT, which the kernel reads to activate it.
# Takes SNAPSHOT.

# The words of each line are separate arguments.
# shellcheck disable=SC2046
set -- $(dmsetup table "vgroup-$SNAPSHOT-cow") $(dmsetup table "vgroup-$SNAPSHOT")
test "$3" = linear
test "$8" = snapshot
echo "sector-$(($(cat "/sys/dev/block/$4/start") + $5 + ${12}))-"
