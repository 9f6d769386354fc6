# shellcheck shell=sh
# Commands of zshield that people interrupt: by a signal, by Ctrl-C, by closing the terminal. What they say
# is in /run/said.
# Takes SHARED, ZSHIELD.

# Begins a command: its process is $pid. A shell has what it starts behind it ignore INT, a terminal does
# not. It has no part in a lock that descriptor 4 holds.
begin() {
    # The one before it has said what is waited for.
    : >/run/said
    env --default-signal=INT,QUIT,HUP "$ZSHIELD" --lang en "$@" >/run/said 2>&1 4>&- &
    pid=$!
}
interrupt() { kill -s "$1" "$pid"; }
# It ends with the status $1, and says $2, or whatever it says.
ended() {
    status=0
    wait "$pid" || status=$?
    said "$1" "$2"
}
said() {
    if test "$status" != "$1" || { test -n "$2" && ! grep -qF "$2" /run/said; }; then
        echo "status $status, not $1 and «$2»:"
        cat /run/said
        return 1
    fi
}
# Waits for a condition, with a limit.
until_so() { timeout 60 sh -c "until $1; do :; done" || { echo "never: $1"; cat /run/said; return 1; }; }
# The same on a terminal, which $terminal keeps open. Like a login shell it passes a hang-up on.
begin_on_terminal() {
    rm -f /run/status
    : >/run/said
    test -p /run/typed || mkfifo /run/typed
    if ! mountpoint -q /dev/pts; then
        mkdir -p /dev/pts
        mount -t devpts -o ptmxmode=666 none /dev/pts
    fi
    cat >/run/login-shell <<'END'
trap 'kill -HUP $pid' HUP
trap : INT
# What is started behind a shell has no terminal to read from, unless it is told.
exec 3<&0
env --default-signal=INT,QUIT,HUP "$ZSHIELD" --lang en "$@" <&3 2>&1 &
pid=$!
# A signal ends the waiting, and what is waited for may go on.
status=129
while test $status -gt 128; do
    status=0
    wait $pid || status=$?
done
echo $status >/run/status
END
    TERM=linux script -q -f -c "sh /run/login-shell $*" /run/said <>/run/typed >/dev/null 2>&1 &
    terminal=$!
}
close_terminal() {
    kill -KILL "$terminal"
    wait "$terminal" || true
}
terminal_ended() { wait "$terminal"; }
type_ctrl_c() { printf '\003' >/run/typed; }
# What ran on the terminal ends with the status $1; while the terminal was there it said $2.
ended_on_terminal() {
    until_so 'test -s /run/status'
    status=$(cat /run/status)
    said "$1" "$2"
}
# Nobody works, and nothing of it is left mounted.
nothing_left() {
    if test -e /run/zshield/lock; then flock -n /run/zshield/lock true; fi
    if grep /run/zshield/mnt /proc/mounts; then return 1; fi
}
