# shellcheck shell=sh
# Measures backups and the copies of rsync, and how long a writer waits meanwhile. The user volume,
# on the HDD, takes the copy of rsync.
# Takes CHANGES, TURNS, XTASK, ZSHIELD.

set +x
mount_system
mkdir -p /run/user /run/signals
mount /dev/vgroup/lv-user /run/user
zshield backup --root /run/sys >/dev/null
rsync -aHAXx --delete /run/sys/ /run/user/copy/
beside() {
    name=$1; shift
    # What is to be backed up is on the disk, and what the one before has left to write too.
    sync
    rm -f /run/signals/*
    "$XTASK" guest gap "$name" /run/sys/gap /run/signals &
    timeout 60 sh -c 'until test -e /run/signals/begun; do sleep 0.05; done'
    "$XTASK" guest measure "$name" "$@" >/run/measured
    touch /run/signals/stop
    wait
    cat /run/measured
}
for turn in $TURNS; do
    for mib in $CHANGES; do
        dd if=/dev/urandom of=/run/sys/usr/changed bs=1M count="$mib" status=none
        ours() { beside "backup-$mib" "$ZSHIELD" backup --root /run/sys; }
        theirs() {
            beside "rsync-$mib" sh -ec 'rsync -aHAXx --delete /run/sys/ /run/user/copy/; sync -f /run/user'
        }
        if test $((turn % 2)) = 1; then ours; theirs; else theirs; ours; fi
    done
done
