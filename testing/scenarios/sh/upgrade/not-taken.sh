# shellcheck shell=sh
# Each bundle that is not taken is refused in its own words, and nothing is changed.
# Takes SHARED.

mount_system
zshield backup --root /run/sys
as_it_was
# Nothing is free but a little.
fill() { fallocate -l "$(($(stat -f -c '%f * %S' /run/sys) - (24 << 20)))" /run/sys/var/lib/zshield/full; }
while IFS='|' read -r name en zh; do
    if test "$name" = large; then fill; fi
    is_refused "$name" en "$en"
    is_refused "$name" zh "$zh"
    rm -f /run/sys/var/lib/zshield/full
    unchanged
done <"$SHARED/bundles/words"
# A system that is not as it was delivered.
echo changed >>/run/sys/usr/sbin/init
is_refused large en 'A damaged system is not upgraded'
is_refused large zh '不升级受损的系统'
