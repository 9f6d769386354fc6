# shellcheck shell=sh
# What each kind of drift is brought about by: `begin` names the path of the mounted system and notes
# its time; `retime` puts the time of its last change back, as an intruder would.

begin() {
    path=/run/sys/$1
    if test -e "$path"; then touch -r "$path" /run/time; fi
}
retime() { touch -h -r /run/time "$path"; }
