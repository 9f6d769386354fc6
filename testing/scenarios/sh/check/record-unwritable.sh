# shellcheck shell=sh
# The result of a check cannot be kept. The check says so, and the backup is held.

held() {
    test "$(alarms)" = "$1"
    held_backup
}
last=/run/sys/var/lib/zshield/check.json
held 'access integrity'
rm -rf /run/sys/run/zshield/alarms* /run/sys/var/lib/zshield/alarms /run/sys/var/log/zshield/alarms
# What was made immutable is replaced all the same.
chattr +i $last
report 4
held 'access integrity'
rm -rf /run/sys/run/zshield/alarms* /run/sys/var/lib/zshield/alarms /run/sys/var/log/zshield/alarms
rm $last; mkdir $last
report 1
held 'access integrity unchecked'
rmdir $last
report 4
held 'access integrity'
