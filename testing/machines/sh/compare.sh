# shellcheck shell=sh
# Comparison of whole systems, by tools that share nothing with zshield. The functions take
# directories: where a system, its snapshot or its /boot are mounted.

# The node in which a volume's content is seen. The factory's store is none that the kernel loads: what it holds is
# seen through a view over the latest backup, which is BASE, or `snap1`.
node_of() {
    case "$1:$(dmsetup table "vgroup-$1")" in
    snap0:*' linear '*) ;;
    *)
        echo "/dev/vgroup/$1"
        return
        ;;
    esac
    chunk=$(od -A n -t u4 -j 12 -N 4 /dev/vgroup/snap0 | tr -d ' ')
    base=/dev/vgroup/${BASE:-snap1}
    dmsetup create --readonly factory --table \
        "0 $(blockdev --getsz "$base") snapshot $base /dev/vgroup/snap0 P $chunk" >&2
    echo /dev/mapper/factory
}
# A view that is open keeps the backup below it from being replaced.
close_view() { if test -e /dev/mapper/factory; then dmsetup remove --retry factory; fi; }
# Two trees, and before them further options of `diff`. It does not look at the numbers of devices,
# and says so as a difference.
same_trees() {
    if diff -r --no-dereference "$@" 2>&1 | grep -v ' is a \(.*\) while file .* is a \1$'; then
        return 1
    fi
}
# The tree is the one in /run/payload, but for what each machine has of its own; before it may stand
# further options of `diff`.
same_as_payload() {
    same_trees -x lost+found -x fstab -x machine-id -x 'ssh_host_*' -x zshield -x 66-zshield.rules /run/payload "$@"
}
# The /boot in $2 is the one that was saved in $1, but for the files that belong to the
# machine: their names are the lines of $MACHINE_FILES.
same_boot() {
    printf '%s\n' "$MACHINE_FILES" lost+found >/run/not-compared
    diff -r -X /run/not-compared "$1" "$2"
}
