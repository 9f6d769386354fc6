# shellcheck shell=sh
# Checks with their reports, backups that are held, and the open alarms.
# Takes SHARED.

# A check with the options after $1, which has to end with the status $1, or with `any`.
report() {
    wanted=$1
    shift
    status=0
    zshield check --root /run/sys --json "$@" >"$SHARED/report.json" || status=$?
    echo "status $status"
    test "$wanted" = any || test $status = "$wanted"
}
# The same, whose report is kept as $2.json.
kept_report() {
    name=$2
    report "$1" ${3:+"$3"}
    cp "$SHARED/report.json" "$SHARED/$name.json"
}
held_backup() {
    status=0
    zshield backup --root /run/sys || status=$?
    test $status = 3
}
alarms() {
    zshield alarm list --root /run/sys --json |
        jq -r '[.alarms[] | select(.state.state == "open") | .id] | sort | join(" ")'
}
# The last report lists configuration that no backup has yet, and nothing else.
only_configuration() {
    jq -e '[.findings[] | select(.expected == null) | .class] | unique == ["config"]' \
        "$SHARED/report.json"
}
