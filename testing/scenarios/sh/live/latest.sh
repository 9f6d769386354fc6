# shellcheck shell=sh
# A latest backup with a file of every kind in it.

mount_system
echo latest >/run/sys/token
mkdir -p /run/sys/opt/kinds/deep/er
cd /run/sys/opt/kinds || exit
for name in content kind mode owner time attribute acl capability flag gone removed; do
    echo $name >$name
done
echo linked >link-a && ln link-a link-b && ln link-a deep/link-c
echo alone >alone
ln -s content symlink
mknod device c 1 3
mkfifo pipe
setfattr -n user.note -v right attribute
setfacl -m u:1:r acl
setcap cap_net_raw+ep capability
chattr +i flag
echo below >deep/er/below
touch -d '2001-02-03 04:05:06.789' deep time
cd /
zshield backup --root /run/sys
