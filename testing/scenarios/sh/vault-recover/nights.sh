# shellcheck shell=sh
# Two nights: a backup of each is in the vault. What the first one's root and /boot were is kept beside the disks.
# Takes SHARED. Calls functions of functions.sh.

mount_system
mkdir -p /run/user /run/state
for volume in lv-user lv-audit; do
    mount /dev/vgroup/$volume /run/user
    head -c 3000000 /dev/urandom >/run/user/customer-data
    (cd /run/user && sha256sum customer-data) >"$SHARED/$volume.sum"
    umount /run/user
done
odd=/run/sys/srv/odd
mkdir -p $odd
echo one >$odd/one
ln $odd/one $odd/two
ln -s "$(printf 'to\377')" $odd/link
mkfifo $odd/fifo
truncate -s 3M $odd/sparse
setfattr -n user.note -v value $odd/one
setfacl -m u:7:r $odd/sparse
echo "10.0.0.7 mine" >>/run/sys/etc/hosts
echo first >/run/sys/token
cp -a /run/sys/etc/machine-id "$SHARED/machine-id"
zshield backup --root /run/sys
vault copy
generations latest >"$SHARED/first"
zshield backup mount latest /run/state --root /run/sys
described /run/state >"$SHARED/first.sum"
(cd /run/state/var/lib/zshield/boot/files && find . -type f -exec sha256sum {} +) | sort -k 2 >"$SHARED/first.boot"
zshield backup umount /run/state --root /run/sys

echo second >/run/sys/token
rm -r $odd
zshield backup --root /run/sys
vault copy
test "$(generations latest | wc -l)" = 2
generations latest | head -n 1 >"$SHARED/second"
hashes >"$SHARED/hashes"
umount /run/sys/boot /run/sys
