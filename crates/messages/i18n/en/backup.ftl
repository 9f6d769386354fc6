disk-missing = A disk of the volume group is missing, so no backup can be made. The existing backups were not touched. Attach the disk, then try again.
apart = The system was started without its snapshots, so no backup can be made. Nothing was changed. Restart the machine, then try again.
no-root = The system’s volume is missing, so no backup can be made. Nothing was changed. Restart the machine, then try again. If it happens again, tell the vendor.
recovery-begun = A recovery ({ $target }) has begun and has not finished. Nothing was changed. Restart the machine: the recovery continues by itself.
done = The backup is done and proved.
no-policy = The policy of this machine can’t be read
failed = The backup did not finish. A latest backup still exists: the old one, or the new one if it was already proved. When this cause is removed, run zshield backup again
goes-on = The backup continues to its end, which takes moments: applications may be paused meanwhile. It also continues if this terminal is closed.
needs-root = This command needs root. Nothing was changed. Run it as root.
made-but = The backup is done and proved; it is the latest backup now. But applications may still be paused. Let them continue by hand, and remove the cause: { $why }
factory-made-anew = The backup is done and proved; it is the latest backup now. But the factory state could not be carried over to it, so it was made anew from the Golden Image. Check the HDD, then remove this cause: { $why }
factory-lost = The backup is done and proved; it is the latest backup now. But the factory state could not be carried over to it and is lost, and the Golden Image can’t be used to make it anew. Check the HDD, remove this cause, then run zshield backup again: { $why }
factory-unread = The backup is done and proved; it is the latest backup now. But the factory state can’t be read now and was left as it is. Check the HDD, remove this cause, then run zshield backup again: { $why }
no-image = The factory state can’t be made again; only the latest backup is made: { $why }
recovery-ordered = A recovery ({ $target }) is ordered for the next start; a backup would replace the state that it returns to. Nothing was changed. Restart the machine, or take the order back: zshield recover --cancel
held = No backup was made. The system may be damaged ({ $alarms }), and its backup would replace a good one. Nothing was changed. To see the differences: zshield check. If the system is in order, acknowledge each of these alarms: zshield alarm ack ID --reason "…". To make this one backup anyway: zshield backup --despite-alarm --reason "…"
despite-alarm = These alarms are open: { $alarms }. If the system is damaged, its backup replaces the good one, which is then lost. Make the backup anyway?
upgrade-pending = Version { $version } is being applied or on trial, and the latest backup is its way back: no backup may replace it. Nothing was changed. Wait until the upgrade is confirmed: zshield upgrade status

# Backups listed and mounted
not-empty = { $directory } is not an empty directory. Nothing was mounted. Create one, then try again: mkdir { $directory }
no-such-backup = There is no sound { $target } that could be mounted. Nothing was changed. To see what there is: zshield backup list
not-mounted = No backup is mounted on { $directory }. Nothing was changed. To see the mounts: zshield backup list
mount-in-use = The backup on { $directory } is in use, so it can't be unmounted or replaced. Nothing was changed. Leave this directory in every shell and close its files, then: zshield backup umount { $directory }
view-in-use = A program uses the factory state, so the latest backup below it can't be replaced. Nothing was changed. End that program, then try again.
will-unmount = Backups are mounted on { $directories }. They are unmounted now, unless they are in use.
mounted = The { $target } is mounted read-only on { $directory }. As long as it is in use, no new backup can be made. When you are done: zshield backup umount { $directory }
unmounted = Nothing is mounted on { $directory } any more.
list-none = There is no backup yet. To make one: zshield backup
list-entry = { $target }: { $time }, version { $version }, { $kind }, { $fill } % used, { $state }
list-mounted = mounted on { $directory }
kind-snapshot = snapshot
kind-store = factory store
sound = sound
unsound = can't be returned to

# The command line
about = Renew the latest backup
long-about = Saves /boot into the system, takes a new snapshot beside the old one, proves it, and then removes the old one. If a step fails, the old backup stays as it is.
option-despite-alarm = Make this backup although an alarm holds it; asks once more
option-reason = The reason; the audit log keeps it with your name
list-about = Show the latest backup and the factory state
mount-about = Mount a backup read-only, to take files out of it
mount-long-about = Mounts the latest backup or the factory state on an empty directory. Nothing in it can be changed. The next backup unmounts it, if nobody uses it; while somebody does, no new backup can be made.
umount-about = Unmount a backup
argument-target = The latest backup or the factory state
argument-directory = The directory; it is empty
argument-mounted = The directory that it is mounted on
