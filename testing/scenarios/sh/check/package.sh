# shellcheck shell=sh
# A package that is installed by hand is an alarm, until it is acknowledged.
# Takes SHARED.

set -x
mkdir -p /run/package/DEBIAN /run/package/usr/bin /run/package/usr/share/handmade
printf 'Package: handmade
Version: 1
Architecture: all
Maintainer: Nobody <nobody@example.org>
Description: made by hand
' >/run/package/DEBIAN/control
echo '#!/bin/sh' >/run/package/usr/bin/handmade
echo data >/run/package/usr/share/handmade/data
dpkg-deb --root-owner-group --build /run/package /run/sys/tmp/handmade.deb
inside dpkg --install /tmp/handmade.deb
test -z "$(alarms)"
kept_report 4 package
zshield alarm list --root /run/sys | grep handmade
held_backup
zshield alarm ack integrity --root /run/sys --reason 'installed by hand'
# What dpkg has noted is configuration, which the next backup takes over.
report any
only_configuration
test -z "$(alarms)"
zshield backup --root /run/sys
report 0
test -z "$(alarms)"
echo more >>/run/sys/usr/bin/handmade
kept_report 4 again
test "$(alarms)" = integrity
zshield check --root /run/sys --accept /usr/bin/handmade
test -z "$(alarms)"
report 0
