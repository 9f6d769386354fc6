# shellcheck shell=sh
# The writing of an image to a slow disk, a file, is interrupted: the disk is not bootable, and that is said.
# Written again it is sound.
# Takes IMAGE.

set +x
# Each write takes a second: nobody is late.
dmsetup create slow --table "0 $(blockdev --getsz /dev/ubdd) delay /dev/ubdd 0 0 /dev/ubdd 0 1000"
disk=/dev/mapper/slow
statistics=/sys/block/dm-$(dmsetup info -c --noheadings -o minor slow)/stat
interrupted='is not bootable, and its previous content is lost. Write it again.'
# So many sectors of it were written since the machine was started.
sectors() { awk '{ print $7 }' "$statistics"; }
not_bootable() {
    blockdev --flushbufs $disk
    if zshield --lang en image verify $disk; then return 1; fi
    cmp -n 1048576 $disk /dev/zero
}
# It has begun, or has written more than the beginning, which comes last.
begin_until() {
    # What was there starts a machine.
    dd if="$IMAGE" of=$disk bs=1M count=1 conv=fsync status=none
    before=$(sectors)
    "$1" image write "$IMAGE" $disk --force --yes
    until_so "test \$(awk '{ print \$7 }' $statistics) -gt $((before + $2))"
}
for written in 0 4096; do
    for signal in INT TERM HUP; do
        begin_until begin $written
        interrupt $signal
        ended 1 "$interrupted"
        not_bootable
    done
    for interrupted_by in type_ctrl_c close_terminal; do
        begin_until begin_on_terminal $written
        $interrupted_by
        ended_on_terminal 1 ''
        if test $interrupted_by = type_ctrl_c; then
            terminal_ended
            said 1 "$interrupted"
        fi
        not_bootable
    done
done
zshield --lang en image write "$IMAGE" $disk --force --yes
zshield --lang en image verify $disk
