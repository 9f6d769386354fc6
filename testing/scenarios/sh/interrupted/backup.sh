# shellcheck shell=sh
# INT, TERM, HUP, Ctrl-C and a closed terminal while a backup is made. Before it begins it ends, and nothing
# was changed; from then on it goes on to its end.
# Takes MOMENTS, the numbers of the steps after which it is interrupted; ROUNDS.

set +x
policy=/run/sys/etc/zshield/appliance.toml
goes_on='The backup continues to its end'
complete='The backup is done and proved.'
mount_system
echo first >/run/sys/token
backup >/dev/null
# It waits for its policy, which is a pipe of ours.
mv $policy $policy.kept
mkfifo $policy
for signal in INT TERM HUP; do
    begin backup --root /run/sys
    exec 3>$policy
    interrupt $signal
    ended 3 'Interrupted. Nothing was changed.'
    exec 3>&-
    nothing_left
done
begin_on_terminal backup --root /run/sys
exec 3>$policy
close_terminal
ended_on_terminal 3 ''
exec 3>&-
nothing_left
mv $policy.kept $policy
one_latest first

count=0
# The backup that was interrupted is the latest, and nothing else is left of it.
made() {
    nothing_left
    one_latest $count
    offered latest
    offered factory
}
another() {
    count=$((count + 1))
    echo $count >/run/sys/token
}
round() {
    for moment in $MOMENTS; do
        for signal in INT TERM HUP; do
            another
            begin backup --root /run/sys
            until_so "grep -q step=$moment/ /run/said"
            interrupt $signal
            ended 0 "$complete"
            if test $signal = HUP; then heard=0; else heard=1; fi
            test "$(grep -c "$goes_on" /run/said)" = $heard
            made
        done
    done
    for interrupted in close_terminal type_ctrl_c; do
        another
        begin_on_terminal backup --root /run/sys
        until_so 'test -e /dev/mapper/vgroup-snap1--next'
        $interrupted
        ended_on_terminal 0 ''
        if test $interrupted = type_ctrl_c; then
            terminal_ended
            said 0 "$goes_on"
            said 0 "$complete"
        fi
        made
    done
}
round=0
while test $round -lt "$ROUNDS"; do
    round
    round=$((round + 1))
done
echo "interrupted $count backups"
