# shellcheck shell=sh
# Many writers at once; the power is cut while they write. ROUND tells their writes from others.
# Takes ROUND, TOOL.

before=$(used)
for seed in 1 2 3 4 5 6; do $TOOL scatter /dev/vgroup/root "$ROUND$seed" 400 & done
# A sequential writer beside them.
dd if=/dev/urandom of=/dev/vgroup/root bs=1M count=12 seek=$((ROUND * 30)) conv=notrunc status=none &
until test "$(used)" -ge $((before + 20000)); do :; done
echo "half of it is written"
wait
