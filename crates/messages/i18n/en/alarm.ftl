title = { $product } { $host }: { $bad } { $bad ->
    [one] alarm
   *[other] alarms
}, { $good } done with
title-test = { $product } { $host }: a test
dropped = { $count } older messages were dropped, since this could not be told for a long time
more = { $count } more follow
facts = since { $since }, { $id }
opened = [{ $severity }] { $text }
still = [{ $severity }] still so: { $text }
acknowledged = acknowledged by { $who } ({ $reason }): { $text }
cleared = no longer so: { $text }
test = This is a test. If you can read it, alarms reach you.
secret-unreadable = the file { $path } with a secret can't be read: { $why }
secret-open = { $path } holds a secret, but root is not its owner or others can read it. Run: chown root { $path }; chmod 600 { $path }
secret-empty = { $path } should hold a secret in one line
bad-address = the address in the file is none that begins with http:// or https://
unknown-host = the name of the server is not known { $name }
no-roots = there are no certificates to trust: install ca-certificates, or name a file in “ca”
bad-roots = there are no certificates in { $path }
unreachable = the server can't be reached, or the connection broke: { $why }
refused = the server refused ({ $code }): { $message }
too-many = the server was told too much; ten minutes are waited: { $message }
store-busy = the alarms are being changed by another process, which takes too long
no-metrics = the numbers for Prometheus can't be had at { $address }: { $why }
some-untold = these addresses were refused: { $whom }
not-all = “{ $sink }” could not tell everybody of alarms: { $why }
untold = “{ $sink }” could not be told of alarms, and will be later: { $why }
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
waiting = “{ $sink }”: { $count } not told yet
waiting-why = “{ $sink }”: { $count } not told yet; the last attempt failed: { $why }
acked = The alarm { $id } is acknowledged.
acked-not-kept = The alarm is acknowledged until the next start: it could not be written to a disk
unknown-id = There is no open alarm “{ $id }”. Nothing was changed. Open are: { $open }
no-reason = A reason is needed. Nothing was changed.
no-sinks = Nobody is to be told: there is no sink in [alarm] of /etc/zshield/appliance.toml
unknown-sink = There is no sink “{ $name }”. There are: { $names }
tested = “{ $name }”: told
test-failed = “{ $name }”: { $why }
