disk-missing = the { $role } is missing
disk-copy = the disk { $disk } is a copy of one of this machine’s own disks
disk-stalled = the { $role } does not answer
no-way-back = there is no sound snapshot to return to: { $target }
stale = the system was written while its snapshots could not record it: they must be made again
lvm-left-out = no entry for a disk of this machine (lvmdevices --addpvid { $id })
backup-overdue = the last backup is more than { $days ->
    [one] a day
   *[other] { $days } days
} old
failed = the last operation failed ({ $operation }): { $why }
recovery-begun = a recovery ({ $target }) stopped half-way: the system is half restored, and the next start continues the recovery
recovery-ordered = the next start returns to the { $target }: every change of the system since then will be lost
failed-starts = { $count } starts in a row did not reach a healthy system
unseen = the volumes can’t be examined: { $why }
integrity = { $count ->
    [one] a system file differs from the delivered one: { $example }
   *[other] { $count } system files differ from the delivered ones, among them { $example }
}
access = { $count ->
    [one] a change gives access or rights: { $example }
   *[other] { $count } changes give access or rights, among them { $example }
}
unchecked = the system’s files could not be checked: { $why }
backup-held = the nightly backup is held: it would replace a good backup with that of a system that may be damaged
disk-failing = the disk { $disk } is failing: { $faults }
raid-degraded = the RAID array { $array } is in the state { $state }
raid-card = the RAID card { $card }, or the battery of its cache, is in the state { $state }
unasked = { $hardware } can’t be asked: { $why }
hardware-disks = the health of the disks
hardware-raid = the RAID card
lvm-hindered = after the next start, LVM will not activate all volumes of this machine: { $place } has { $setting }
nearly-full = { $filesystem } is { $percent } % full
clock-jumped = { $back ->
    [true] the clock was set back by { $seconds } seconds
   *[other] the clock was set ahead by { $seconds } seconds
}
upgrade-went-back = The upgrade to version { $version } was taken back, and the system is as before it: { $why }
upgrade-went-back-log = The upgrade to version { $version } was taken back, and the system is as before it: { $why }. Log of the failed start: { $log }
upgrade-waits = Version { $version } can be installed ({ $size }; { $restart }).
upgrade-waits-why = It was not installed by itself: { $why }
upgrade-waits-news = What is new: { $news }
restarts-nothing = nothing restarts
restarts-services = services restart
restarts-machine = the machine restarts
upgrade-unfinished = The upgrade to version { $version } is { $phase }, and does not come to its end
daemon-ended = { $count ->
    [one] zshield’s daemon did not answer or crashed, and was started again
   *[other] zshield’s daemon did not answer or crashed { $count } times, and was started again
}
filesystem-root = the system’s filesystem (/)
filesystem-boot = /boot
filesystem-user = the user volume
filesystem-audit = the audit volume
fault-verdict = it expects to fail within a day
fault-attribute = { $name } is below the maker’s threshold
fault-self-test = its self-test failed
fault-pending = { $count } sectors can’t be read
fault-uncorrectable = { $count } sectors were lost
fault-worn = { $percent } % of its life is used
fault-hot = it is hotter than its maker allows
fault-spare-low = its spare blocks are nearly used up
fault-read-only = it takes no more writes
fault-cache-unprotected = its cache would be lost in a power failure
critical = critical
warning = warning
advice-disk-missing = Switch the machine off. Check the disk’s cables and the RAID card. Switch the machine on again. Without the HDD the system runs, but no backup is made.
advice-disk-copy = Switch the machine off and take that disk out. While both are in, a start may take the copy for the disk itself, or fail.
advice-disk-stalled = Check the RAID card and the cables. If the disk does not answer again, restart the machine.
advice-unseen = Restart the machine. If the alarm stays, send its text to the vendor.
advice-no-way-back = Run “zshield backup”: it makes the latest backup again, and a missing factory state too. Until then a recovery to the factory state unpacks the Golden Image.
advice-stale = Run “zshield backup”: it makes the snapshots again.
advice-backup-overdue = Run “zshield backup” and read its message.
advice-failed = Read the reason, remove its cause, and run the operation again.
advice-recovery-waits = If it has begun, run the same “zshield recover” again, or restart the machine: the recovery continues by itself. If it was only ordered, restart the machine, or take the order back with “zshield recover --cancel”.
advice-failed-starts = Read the log of the last start (journalctl -b -1). If the system is damaged, run “zshield recover latest”.
advice-integrity = Run “zshield check” to see the changes. If they are yours, run “zshield alarm ack integrity --reason …”. If they are not, run “zshield recover latest”.
advice-access = Run “zshield check” to see the changes. If they are yours, run “zshield alarm ack access --reason …”. If they are not, somebody else has had the rights of root: disconnect the network, run “zshield recover latest”, and change all passwords and keys.
advice-unchecked = Remove the cause and run “zshield check”. If the Golden Image’s manifest was changed, start from the installation stick. Backups are held until then. To continue them all the same, run “zshield alarm ack unchecked --reason …”.
advice-backup-held = See the alarms “access”, “integrity” and “unchecked”. When they are acknowledged or gone, backups continue by themselves.
advice-disk-failing = Save the customer’s data and replace the disk.
advice-raid-degraded = Replace the failed disk of the array.
advice-raid-card = Look at the card with its maker’s tool. Until its battery is well, a power failure may cost writes.
advice-unasked = Run the tool by hand. Until it answers, these faults raise no alarm.
advice-lvm-hindered = Remove the setting, or add this machine’s volume group or disks to it. The system itself starts all the same; user data and logs are missing until then.
advice-nearly-full = Remove files that are not needed. “du -xh / | sort -h | tail” shows the largest directories.
advice-clock-jumped = Check the time, the time zone and the time server.
advice-upgrade-went-back = Read the reason and the log, and send both to the vendor. This bundle is not installed again by itself. To see it: zshield upgrade status
advice-upgrade-waits = Look at what it changes, then install it: zshield upgrade ADDRESS, with the address in the policy. “--dry-run” shows it first.
advice-upgrade-unfinished = Look at “zshield upgrade status” and the other alarms. To return to the old version, unless the upgrade is being completed: zshield upgrade abort
advice-daemon-ended = Read the log (journalctl -u zshield). If it happens again, tell the vendor.
integrity-of = { $count ->
    [one] a system file differs from the delivered one: { $example }, package { $packages }
   *[other] { $count } system files differ from the delivered ones, among them { $example }; packages: { $packages }
}
vault-on-hdd = the vault on the HDD
vault-far = the vault at “{ $place }”
vault-overdue = { $place } lacks the latest backup: its newest one is { $days ->
    [one] a day
   *[other] { $days } days
} old
vault-empty = { $place } holds no backup yet
vault-failing = copies to { $place } fail, because { $kind }: { $why }
vault-full = { $place } is full: no new backup is copied to it
vault-damaged = { $place } is damaged: { $why }
vault-unproved = { $place } was last proved { $days } days ago
vault-never-proved = { $place } was never proved, though it should have been within five weeks
vault-unreachable = there is no answer
vault-refused = access is refused
vault-clock-wrong = the clocks of this machine and of the server differ too much
vault-wrong-key = the repository belongs to another key
vault-gone = the place does not exist
vault-no-room = there is no room
vault-not-as-written = it is damaged
vault-other = of another error
advice-vault-overdue = Look at “zshield status”: does the last backup succeed, and does the daemon run? For the vault on the HDD: “zshield vault copy”. For a place elsewhere, “zshield vault test” says whether it can be reached.
advice-vault-failing = Remove the cause that the text names: the network, the credentials, the clock, the key. “zshield vault test” tries the place. Then copies continue by themselves.
advice-vault-full = On the HDD: keep fewer backups (“[vault.keep]” in the policy) and run “zshield vault prune”. At a place off the machine: make room there, or run “zshield vault prune --at PLACE”. The nightly backup itself goes on.
advice-vault-damaged = On the HDD: run “zshield vault check --deep”, which names what is damaged, and look at the disk’s health. At a place off the machine: run “restic check --read-data” there, remove the damaged files, then run “zshield vault send”. What is whole can still be restored.
advice-vault-unproved = Run “zshield vault check --deep”, and read its message.
