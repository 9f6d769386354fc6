# shellcheck shell=sh
# What all benches with a modelled HDD can call: `group` makes the volume group while the HDD is
# still quick, `slow` makes it slow as HDD says.
# Takes CHUNK, HDD, XTASK.

measure() { "$XTASK" guest measure "$@"; }
guest() { "$XTASK" guest "$@"; }
group() {
    lvm pvcreate -q -y /dev/ubda /dev/ubdb
    lvm vgcreate -q vgroup /dev/ubda /dev/ubdb
}
root() { lvm lvcreate -q -y -Zn -Wn -L "$1" -n root vgroup "${2:-/dev/ubda}"; }
snapshot() { lvm lvcreate -q -y -s -c "$CHUNK" -l 100%ORIGIN -n "$1" vgroup/root "$SLOW"; }
SLOW=/dev/ubdb
slow() {
    lvm vgchange -q -an vgroup
    case $HDD in
    delay)
        dmsetup create slow --table "0 $(blockdev --getsz /dev/ubdb) delay /dev/ubdb 0 1"
        SLOW=/dev/mapper/slow ;;
    seeks)
        guest disk /dev/ubdb /run/disk.sock &
        timeout 20 sh -c 'until test -S /run/disk.sock; do sleep 0.1; done'
        nbd-client -nonetlink -unix /run/disk.sock /dev/nbd0 -b 512 >/dev/null
        # The inner shell is the one to expand it, each time anew.
        # shellcheck disable=SC2016
        timeout 20 sh -c 'until test $(cat /sys/block/nbd0/size) -gt 0; do sleep 0.1; done'
        echo 1 >/sys/block/nbd0/queue/rotational
        SLOW=/dev/nbd0 ;;
    esac
    sed -i 's,global_filter = \[,& "r|/dev/ubdb|"\, "a|/dev/nbd0|"\,,' /etc/lvm/lvm.conf
}
slow_on() { slow; lvm vgchange -q -ay vgroup; }
