# shellcheck shell=sh
# The system has changed since its backup.
# Takes SHARED.

cp -a /run/sys/boot "$SHARED/boot"
rm /run/sys/etc/vendor/[1-4]
for number in 6 7 8 9; do
    head -c 500000 /dev/urandom >/run/sys/etc/vendor/$number
done
echo now >/run/sys/token
digest /run/sys --exclude ./var/lib/zshield >"$SHARED/now"
umount /run/sys/boot /run/sys
digest_of snap0 >"$SHARED/factory"
digest_of snap1 >"$SHARED/old"
