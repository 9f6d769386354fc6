# shellcheck shell=sh
# Measures the activation of root with full stores, and of a volume without a snapshot.
# Both start from a machine that has read nothing yet of the volumes.
# Takes TURNS.

slow
used() { awk '/^(MemFree|Buffers|Cached|SReclaimable):/ { sum += $2 } END { print sum }' /proc/meminfo; }
for turn in $TURNS; do
    echo 3 >/proc/sys/vm/drop_caches
    measure bare lvm lvchange -q -ay vgroup/bare
    lvm lvchange -q -an vgroup/bare
    echo 3 >/proc/sys/vm/drop_caches
    before=$(used)
    measure full lvm lvchange -q -ay vgroup/root
    echo 3 >/proc/sys/vm/drop_caches
    test "$turn" != 1 || echo "kernel memory $(((before - $(used)) / 1024)) MiB"
    lvm lvchange -q -an vgroup/root
done
