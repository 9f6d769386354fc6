# shellcheck shell=sh
# Each file of the latest backup is changed in another way.

cd /run/sys/opt/kinds || exit
touch -r content /run/reference
echo CONTENT | dd of=content conv=notrunc status=none && touch -r /run/reference content
rm kind && mkdir -p kind/was/a/file
chmod 4755 mode
chown 7:8 owner
touch -d '2020-01-01' time
setfattr -n user.note -v wrong attribute && setfattr -n user.more -v more attribute
setfacl -m u:2:rw acl
setcap cap_sys_admin+ep capability
chattr -i flag && echo changed >flag && chattr +i flag
chattr +a removed
rm gone && rm -rf deep/er && echo evil >deep/er && chattr +i deep/er
cp link-b copy && mv copy link-b
rm alone && ln link-a alone
ln -sf /etc/shadow symlink
rm device && mknod device c 1 5
rm pipe && echo pipe >pipe
mkdir -p added/much && echo evil >added/much/file && chattr +i added/much/file added/much
ln /run/sys/token /run/sys/token-too
echo evil >/run/sys/token
echo machine >/run/sys/etc/machine-id.new && mv /run/sys/etc/machine-id.new /run/sys/etc/machine-id
echo "linux nothing" >/run/sys/boot/zshield/system.cfg
echo nonsense >/run/sys/etc/zshield/appliance.toml
cd /
sync
