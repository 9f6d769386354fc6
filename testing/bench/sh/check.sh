# shellcheck shell=sh
# Measures the quick check beside `find` and AIDE. AIDE notes the system before anything is measured;
# the record that zshield keeps of its own checks is new to AIDE. The rewritten files have the same
# content and times as before.
# Takes AIDE, TURNS, XTASK, ZSHIELD.

set +x
mount_system
measure() { "$XTASK" guest measure "$@"; }
sh "$AIDE" --init >/dev/null
bytes=$(find /run/sys -xdev -type f -printf '%s\n' | awk '{ sum += $1 } END { print int(sum / 1000000) }')
echo "system: $(find /run/sys -xdev | wc -l) entries of $bytes MB"
for _ in $(seq "$TURNS"); do
    measure walk find /run/sys -xdev -newermt 2100-01-01
    measure quick "$ZSHIELD" check --root /run/sys
    measure aide sh "$AIDE" --check
done
find /run/sys/usr/lib -xdev -type f -size -2000k | head -n 1000 >/run/rewritten
while read -r file; do
    cp -p "$file" /run/same
    cat /run/same >"$file"
    touch -r /run/same "$file"
done </run/rewritten
sync
bytes=$(xargs du -cb </run/rewritten | awk 'END { print int($1 / 1000000) }')
echo "rewritten: $(wc -l </run/rewritten) files of $bytes MB as they were"
for _ in $(seq "$TURNS"); do measure 'quick, some rewritten' "$ZSHIELD" check --root /run/sys; done
