# shellcheck shell=sh
# INT, TERM, HUP, Ctrl-C and a closed terminal while a check is made: it ends, and the result of the last one
# counts. While its own result is noted it goes on to its end, and that counts.
# Takes ROUNDS.

set +x
state=/run/sys/var/lib/zshield
mount_system
# The smallest payload has no /run: that of alarms would be something else that differs.
check() {
    rm -rf /run/sys/run
    zshield --lang en check --root /run/sys "$@"
}
integrity() { zshield --lang en alarm list --root /run/sys | grep -c 'integrity \['; }
accepted() {
    check --accept >/dev/null
    check >/run/said || {
        cat /run/said
        return 1
    }
}
check >/dev/null || test $? = 4
accepted

# A check waits where it reads the file $1, a pipe of ours, and $2 holds there. It ends with the status $3 and
# the words $4; the one before it counts afterwards.
waits_at() {
    file=$1
    reached=$2
    as=$3
    words=$4
    last=$state/check.json
    if test "$file" = $last; then last=$last.kept; fi
    if test -e "$file"; then mv "$file" "$file.kept"; fi
    before=$(cat "$last")
    mkfifo "$file"
    for signal in INT TERM HUP; do
        begin check --root /run/sys
        exec 3>"$file"
        $reached
        interrupt $signal
        ended "$as" "$words"
        unchanged
    done
    for interrupted in close_terminal type_ctrl_c; do
        begin_on_terminal check --root /run/sys
        exec 3>"$file"
        $reached
        $interrupted
        ended_on_terminal "$as" ''
        if test $interrupted = type_ctrl_c; then
            terminal_ended
            said "$as" "$words"
        fi
        unchanged
    done
    rm "$file"
    if test -e "$file.kept"; then mv "$file.kept" "$file"; fi
}
unchanged() {
    exec 3>&-
    nothing_left
    test "$(cat "$last")" = "$before"
    test "$(integrity)" = 0
}
image_is_mounted() { grep -q /run/zshield/mnt/golden /proc/mounts; }
nothing_is_mounted() { ! image_is_mounted; }

count=0
# Something differs, and the check comes to where it notes that: others hold the list of alarms.
noted() {
    for signal in INT TERM HUP; do
        count=$((count + 1))
        echo "$count" >/run/sys/usr/sbin/added
        before=$(cat $state/check.json)
        mkdir -p /run/sys/run/zshield
        exec 4<>/run/sys/run/zshield/alarms.lock
        flock 4
        begin check --root /run/sys
        # It waits for us: the kernel lists who does behind an arrow.
        until_so 'grep -q -e "->" /proc/locks'
        interrupt $signal
        exec 4>&-
        ended 4 added
        if grep interrupted /run/said; then return 1; fi
        nothing_left
        test "$(cat $state/check.json)" != "$before"
        test "$(integrity)" = 1
        refused integrity zshield --lang en backup --root /run/sys
        accepted
        test "$(integrity)" = 0
        backup >/dev/null
        offered latest
        offered factory
    done
}
round=0
while test $round -lt "$ROUNDS"; do
    waits_at $state/check.json nothing_is_mounted 3 'Interrupted. Nothing was changed.'
    waits_at $state/accepted.json image_is_mounted 1 'the result of the last check still counts'
    noted
    round=$((round + 1))
done
zshield --lang en status --root /run/sys >/run/status
grep 'Last operation: *backup .*succeeded' /run/status
echo "interrupted checks, and made $count"
