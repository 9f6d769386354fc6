# shellcheck shell=sh
# An installation is interrupted: at its question it ends, and nothing was changed; from then on it goes on to
# its end.
# Takes BY, `signals` or `terminal`; KEYS.

set +x
mkdir -p /run/medium
mount -o ro,noload /dev/ubdc3 /run/medium
set -- install --slot /run/medium/a --keys "$KEYS"
goes_on='The disks are half written, so the installation continues to its end.'
unwritten() { cmp -n 16777216 /dev/ubda /dev/zero && cmp -n 16777216 /dev/ubdb /dev/zero; }
for interrupted in type_ctrl_c close_terminal; do
    begin_on_terminal "$@"
    until_so 'grep -q "Erase them and install" /run/said'
    $interrupted
    ended_on_terminal 3 ''
    if test $interrupted = type_ctrl_c; then
        terminal_ended
        said 3 'Interrupted. Nothing was changed.'
    fi
    nothing_left
    unwritten
done
if test "$BY" = signals; then
    begin "$@" --yes
    # One after another: it goes on after each.
    for moment in INT:2 TERM:6 HUP:10; do
        until_so "grep -q step=${moment#*:}/ /run/said"
        interrupt "${moment%:*}"
    done
    ended 0 'Installed. Remove the stick and restart.'
    test "$(grep -c "$goes_on" /run/said)" = 2
else
    begin_on_terminal "$@" --yes
    until_so 'test -e /dev/mapper/vgroup-lv--root'
    type_ctrl_c
    until_so "grep -q '$goes_on' /run/said"
    close_terminal
    ended_on_terminal 0 "$goes_on"
fi
nothing_left
umount /run/medium
