waits = A backup is running; zshield waits for its end
answers-again = The disks answer again
backup-begins = The nightly backup begins
backup-done = The nightly backup is done
backup-failed = The nightly backup failed ({ $status }); it is tried again later. A latest backup still exists: the old one, or the new one if it was made
no-longer = No longer so: { $condition }
backup-refused = The nightly backup could not start, for the reason above. Nothing was changed; it is tried again in 15 minutes
lets-go = A backup was ended before it told applications to continue; they are told now
backup-held = The nightly backup is held by { $alarms }. Run zshield alarm list
check-begins = The check of the system begins
check-done = The check of the system is done
check-refused = The check of the system could not start, for the reason above; it is tried again in 15 minutes
check-failed = The check of the system failed ({ $status }); it is tried again later

# The command line
about = Makes the nightly backup and watches the disks; systemd runs it
look-refused = No newer version was looked for: another operation is under way
look-failed = The look for a newer version failed ({ $status }); it is tried again
upgrade-begins = A newer version is installed
upgrade-applied = The newer version was applied
upgrade-refused = The newer version was not installed: “zshield status” says why
upgrade-failed = Installing the newer version failed ({ $status })
vault-refused = The vault is used otherwise; the copy is made later.
vault-failed = Work on the vault ended with an error ({ $status }). It is tried again.
