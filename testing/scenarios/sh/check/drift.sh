# shellcheck shell=sh
# Both checks of a system with every kind of drift.

kept_report 4 quick
kept_report 4 deep --deep
zshield check --root /run/sys || test $? = 4
