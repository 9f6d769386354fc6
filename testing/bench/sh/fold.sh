# shellcheck shell=sh
# Measures the fold of MIB into the factory store, alone and beside a reader of the user volume; and a copy of as much
# from one place of the HDD to another, in a row.
# Takes CHUNK, MIB, OURS, XTASK: OURS is `first` or `last`. CHUNK is in KiB.

set +x
group
volume() { lvm lvcreate -q -y -Zn -Wn -L "$1" -n "$2" vgroup "$3"; }
store() { lvm lvcreate -q -y -s -c "${CHUNK}k" -l 100%ORIGIN -n "$1" vgroup/lv-root /dev/ubdb; }
volume 4G lv-root /dev/ubda
store snap0
store snap1
guest detach
lvm lvconvert -q -y --splitsnapshot vgroup/snap0
volume 100G lv-user /dev/ubdb
volume 2G copy /dev/ubdb
dd if=/dev/zero of=/dev/vgroup/lv-root bs=1M count="$MIB" conv=fsync,notrunc status=none
store snap1-next
# Its header, its mark and the beginning of its table: put back, it holds nothing again.
begin() { dd bs="${CHUNK}k" count=2 status=none "$@"; }
begin if=/dev/vgroup/snap0 of=/run/begin iflag=direct
slow_on
mkdir -p /run/signals
beside() {
    rm -f /run/signals/*
    guest read-gap "$1" /dev/vgroup/lv-user /run/signals &
    reader=$!
    timeout 60 sh -c 'until test -e /run/signals/begun; do sleep 0.05; done'
    measure "$@"
    touch /run/signals/stop
    wait $reader
}
chunks=$((MIB * 1024 / CHUNK))
ours() {
    "$1" "fold$2" "$XTASK" guest fold nbd0 $chunks
    begin if=/run/begin of=/dev/vgroup/snap0 oflag=direct conv=notrunc
}
theirs() {
    "$1" "copy$2" dd if=/dev/mapper/vgroup-snap1-cow of=/dev/vgroup/copy bs=1M count="$MIB" \
        iflag=direct oflag=direct conv=notrunc,fsync status=none
}
in_turn() { case $OURS in first) ours "$@"; theirs "$@" ;; last) theirs "$@"; ours "$@" ;; esac; }
in_turn measure -alone
in_turn beside -beside
