# shellcheck shell=sh
# A policy line that would exclude everything from the check is found itself, and so is a stranger's
# key. The backup is held. An accepted change is in order.
# Takes SHARED.

policy=/run/sys/etc/zshield/appliance.toml
cp $policy /run/policy
printf '[check]\nvolatile = ["/usr/*", "/boot/*", "/etc/*"]\n' >>$policy
set -- /run/sys/etc/zshield/keys/*.pub
cp "$1" /run/sys/etc/zshield/keys/stranger.pub
blinded() { jq -r '[.findings[] | select(.expected == null and .class == "system") | .path] | join(" ")' "$SHARED/report.json"; }
report 4
test "$(blinded)" = 'etc/zshield/appliance.toml etc/zshield/keys/stranger.pub'
test "$(alarms)" = integrity
held_backup
rm /run/sys/etc/zshield/keys/stranger.pub
report 4
test "$(blinded)" = etc/zshield/appliance.toml
# Nothing is accepted beside an operation: a check that ends then would write its result over that.
refused() {
	status=0
	(
		flock 9
		"$@"
	) 9<>/run/zshield/lock || status=$?
	test "$status" = 3
}
refused zshield check --root /run/sys --accept /etc/zshield/appliance.toml
refused zshield alarm ack integrity --root /run/sys --reason 'too early'
test "$(alarms)" = integrity
test "$(stat -c %a /run/zshield /run/zshield/lock)" = "700
600"
zshield check --root /run/sys --accept /etc/zshield/appliance.toml
report any
test -z "$(blinded)$(alarms)"
cp /run/policy $policy
report 0
