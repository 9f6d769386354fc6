# shellcheck shell=sh
# A system that is broken after its backup.
# Takes SHARED.

umount /run/sys/boot /run/sys
for name in 0 1; do
    mounted "$(node_of snap$name)" look ro,noload
    cp -a /run/look/var/lib/zshield/boot/files "$SHARED/boot-of-snap$name"
    umount /run/look
    close_view
    digest_of snap$name >"$SHARED/snap$name"
done
mount_system
echo broken >/run/sys/token
rm -rf /run/sys/usr/lib/modules /run/sys/etc/vendor/[2-5]
for number in 7 8 9 10 11; do
    head -c 500000 /dev/urandom >/run/sys/etc/vendor/$number
done
rm /run/sys/boot/vmlinuz-*
head -c 300000 /dev/urandom >/run/sys/boot/vmlinuz-broken
sed -i 's/vmlinuz-[^ ]*/vmlinuz-broken/' /run/sys/boot/zshield/system.cfg
digest /run/sys >"$SHARED/broken"
cp -a /run/sys/boot "$SHARED/boot-broken"
umount /run/sys/boot /run/sys
