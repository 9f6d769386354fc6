title = { $product } { $host }: { $bad } { $bad ->
    [one] alarm
   *[other] alarms
}, { $good } done with
title-test = { $product } { $host }: a test
dropped = { $count } older messages were dropped, because they could not be sent for a long time
more = { $count } more follow
facts = since { $since }, { $id }
opened = [{ $severity }] { $text }
still = [{ $severity }] still open: { $text }
acknowledged = acknowledged by { $who } ({ $reason }): { $text }
cleared = no longer so: { $text }
test = This is a test. If you can read it, alarms reach you.
secret-unreadable = the secret in { $path } can’t be read: { $why }
secret-open = { $path } holds a secret, but root is not its owner or others can read it. Run: chown root { $path }; chmod 600 { $path }
secret-empty = { $path } must hold a secret in one line
bad-address = the address in the file does not begin with http:// or https://
refused = the server refused ({ $code }): { $message }
too-many = the server accepts no more messages for now; zshield waits ten minutes: { $message }
store-busy = another process is changing the alarms and takes too long
no-metrics = the metrics for Prometheus can’t be served at { $address }: { $why }
some-untold = these addresses were refused: { $whom }
not-all = “{ $sink }” could not send alarms to every recipient: { $why }
untold = “{ $sink }” could not send alarms and will try again: { $why }
banner = zshield: { $count ->
    [one] an open alarm
   *[other] { $count } open alarms
} (zshield alarm list)
none = There are no alarms.
list-open = open
list-acknowledged = acknowledged by { $who } at { $at }: { $reason }
list-cleared = gone since { $at }
list-facts = since { $since }, seen { $count ->
    [one] once
   *[other] { $count } times
}, last at { $last }
list-id = { $id } [{ $severity }] { $state }
waiting = “{ $sink }”: not sent yet: { $count }
waiting-why = “{ $sink }”: not sent yet: { $count }; the last attempt failed: { $why }
acked = The alarm { $id } is acknowledged.
acked-not-kept = The alarm is acknowledged, but only until the next start: no disk could store the acknowledgement. Acknowledge it again after the next start.
unknown-id = There is no open alarm “{ $id }”. Nothing was changed. Open alarms: { $open }
unknown-id-none = There is no open alarm “{ $id }”. Nothing was changed. No alarm is open.
no-reason = The reason is empty. Nothing was changed. Give one: --reason "…"
no-sinks = No sink is configured. Nothing was sent. Add one under [alarm] in /etc/zshield/appliance.toml
unknown-sink = There is no sink “{ $name }”. Nothing was sent. The sinks are: { $names }
tested = “{ $name }”: sent
test-failed = “{ $name }”: { $why }

# The command line
about = List and acknowledge alarms; test whether messages arrive
list-about = List the alarms, and the messages that are not sent yet
option-all = Also list the alarms that have gone within the last 90 days
ack-about = Acknowledge an alarm: no more messages are sent about it, and it holds no backup
argument-id = The id of the alarm, as the list shows it
option-reason = The reason; the audit log keeps it with your name
test-about = Send a test message to every sink, or to one
argument-sink = The name of a sink in the policy, or “wall”
