# shellcheck shell=sh
# `damage` replaces all of `/usr/share`, as an upgrade does, with other content in some of it,
# removes libraries and fills space. The first damage and its repair are not measured: what is
# damaged again makes next to no new exceptions, so all sides find the same store; copying the
# volume, which fills it, comes last. Timeshift has a copy of root on the HDD, in its own layout,
# and asks udev's database which filesystems there are.
# Takes CONFIG, TOOL.

group
root 2G
lvm lvcreate -q -y -Zn -Wn -L 3G -n backup vgroup /dev/ubdb
dd if=/dev/ubdc of=/dev/vgroup/root bs=1M conv=sparse,fsync status=none
mke2fs -q -t ext4 /dev/vgroup/backup
mkdir -p /run/root /run/snap /run/backup
mount /dev/vgroup/root /run/root
mount /dev/vgroup/backup /run/backup
point=/run/backup/timeshift/snapshots/2026-01-01_00-00-01
mkdir -p $point/localhost
uuid() { blkid -o value -s UUID "/dev/vgroup/$1"; }
echo "UUID=$(uuid root) / ext4 defaults 0 1" >/run/root/etc/fstab
rsync -aHAX /run/root/ $point/localhost/
share() { tar -C /run/root/usr/share --sort=name --numeric-owner -c . | sha256sum; }
share >/run/share
echo "{ \"created\": \"1767225601\", \"sys-uuid\": \"$(uuid root)\", \"type\": \"rsync\", \
    \"sys-distro\": \"Debian\", \"app-version\": \"22.11.2\", \"tags\": \"ondemand\", \
    \"file_count\": \"1\", \"comments\": \"\", \"live\": \"false\" }" >$point/info.json
touch $point/exclude.list $point/rsync-log
umount /run/root /run/backup
snapshot snap
mount -t tmpfs tmpfs /etc/timeshift
echo "$CONFIG" | sed "s/BACKUP/$(uuid backup)/" >/etc/timeshift/timeshift.json
node() { echo "/dev/dm-$(dmsetup info -c --noheadings -o minor "vgroup-$1")"; }
damage() {
    mount -o noatime /dev/vgroup/root /run/root
    cp -a /run/root/usr/share /run/root/usr/share.new
    rm -rf /run/root/usr/share
    mv /run/root/usr/share.new /run/root/usr/share
    for file in $(find /run/root/usr/share -type f -name '*a*' | sort | head -n 20); do
        echo upgraded >"$file"
    done
    if share | cmp -s - /run/share; then exit 1; fi
    rm -rf /run/root/usr/lib/x86_64-linux-gnu
    head -c 40000000 /dev/urandom >/run/root/fresh
    umount /run/root
}
damaged_no_more() {
    e2fsck -fn /dev/vgroup/root
    mount -o ro /dev/vgroup/root /run/root
    test -e /run/root/usr/lib/x86_64-linux-gnu/libc.so.6
    test ! -e /run/root/fresh
    share | cmp - /run/share
    umount /run/root
}
damage
$TOOL restore /dev/mapper/vgroup-snap-cow /dev/vgroup/root /dev/vgroup/snap
slow_on
damage
measure ours "$TOOL" restore /dev/mapper/vgroup-snap-cow /dev/vgroup/root /dev/vgroup/snap
damaged_no_more
damage
mount -o noatime /dev/vgroup/root /run/root
mount -o ro,noload /dev/vgroup/snap /run/snap
measure rsync sh -ec 'rsync -aHAX --delete --numeric-ids /run/snap/ /run/root/; sync -f /run/root'
umount /run/root /run/snap
damaged_no_more
damage
mkdir -p /run/udev/data
touch /run/udev/control
for name in root backup; do
    device=$(dmsetup info -c --noheadings -o major,minor --separator : vgroup-$name)
    printf 'I:1\nE:ID_FS_UUID=%s\nE:ID_FS_UUID_ENC=%s\nE:ID_FS_TYPE=ext4\nE:ID_FS_USAGE=filesystem\n' \
        "$(uuid $name)" "$(uuid $name)" >"/run/udev/data/b$device"
done
measure timeshift sh -ec "yes '' | timeshift --restore --snapshot 2026-01-01_00-00-01 --scripted --yes \
    --skip-grub --snapshot-device $(node backup) --target-device $(node root) >/run/said 2>&1; sync"
grep -o '/run/timeshift[^ ]*' /proc/mounts | while read -r place; do umount "$place"; done
damaged_no_more
damage
measure volume dd if=/dev/vgroup/snap of=/dev/vgroup/root bs=1M conv=fsync status=none
damaged_no_more
