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
