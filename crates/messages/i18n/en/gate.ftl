# What a start says
healthy = Version { $version } is healthy and stays. A new backup is made now.
warning = Version { $version }: { $what }
sick = Version { $version } is not healthy: { $reasons }. The machine restarts now and returns to version { $old }.
ordered-again = Version { $version } is left: { $why }. The machine restarts now and returns to version { $old }.
went-back = The upgrade to version { $version } was taken back, and version { $old } runs: { $why }
complete = The upgrade to version { $version } is complete: the latest backup holds it.
order-failed = The return to the old version could not be ordered. The machine restarts; after the last start that the new version has, it returns by itself
overdue = the health gate did not come to its end
ended = the health gate ended before it came to a result
program-said = { $symptom }: { $output }
no-facts = systemd could not be asked: { $why }

# Programs in the directories of the health gate
not-regular = it is not a regular file, so it was not run. Replace it by one
not-own = it does not belong to root, so it was not run. Run: chown root { $path }
writable = others than root may write to it, so it was not run. Run: chmod go-w { $path }
unreadable = it can’t be read: { $why }

# The check
check-busy = another operation did not end in time: { $why }

# Status
none = There has been no upgrade.
now = Upgrade from version { $from } to { $to }: { $phase }, since { $time }
starts = Starts of the new version so far: { $count } of { $most }
why = Reason: { $why }
ended-confirmed = { $time }: from version { $from } to { $to }: confirmed
ended-back = { $time }: from version { $from } to { $to }: taken back: { $why }
log = Log of the failed start: { $path }
no-log = No log of a failed start was kept.
label = Upgrade:
label-last = Last upgrade:

# Confirm, abort
not-started = The new version does not run, so it can’t be confirmed. Nothing was changed. To see how the upgrade is: zshield upgrade status
confirmed = Version { $version } is confirmed.
not-settled = Version { $version } is confirmed and stays. But the backup of it could not be made; this is tried again every ten minutes, and at each start
agree-abort = Version { $version } is left: the system and /boot return to the backup from before the upgrade (version { $old }), and the machine restarts now. Changes to the system since then are lost; customer data and logs stay. Return now?
not-agreed = The upgrade goes on. Nothing was changed.
aborted = The machine restarts now and returns to version { $old }.
aborted-noted = Version { $old } is on root already; the upgrade is noted as ended.
abort-unknown = The return to version { $old } was not ordered. It is not known how far this came; run the same command again

# The command line
about = Install a new version; show, confirm or take back an upgrade
status-about = Show the upgrade that is under way, and how the last ones ended
confirm-about = Keep the new version now, without waiting for its health; then make a backup of it
abort-about = Leave the new version: return to the backup from before the upgrade, and restart
gate-about = Judge a new version that is on trial
gate-failed-about = Leave a new version whose health gate came to no result
settle-about = Make the backup of a version that was confirmed
