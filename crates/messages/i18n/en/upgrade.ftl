# The record
record-format = The record of upgrades has format { $format }, which this version does not know. Nothing was changed. Use the version of zshield that wrote it.
under-way = An upgrade to version { $version } is under way. Nothing was changed. To see it: zshield upgrade status
failed-before = This bundle for version { $version } was installed before, and the appliance went back from it. It is not installed again without a person. Nothing was changed. To see why: zshield upgrade status
none-under-way = No upgrade is under way. Nothing was changed.
wrong-phase = This is not possible while the upgrade is { $phase }. Nothing was changed. To see how the upgrade is: zshield upgrade status
phase-applying = being applied
phase-trial = on trial
phase-going-back = going back
phase-settling = being completed
because-cut-off = it was cut off while it was applied
because-step = the step { $step } failed: { $why }
because-unhealthy = the new version was not healthy: { $reasons }
because-no-start = the backup was recovered before any start of the new version came to a result
because-aborted = a person ended it
because-recovered = the { $target } was recovered meanwhile
no-live-recovery = Version { $version } is being applied or on trial: files of the old version do not belong into it. Nothing was changed. To return to the old version: zshield upgrade abort

# Paths and answers
not-a-path = “{ $text }” is not a path in the system
answers-unreadable = The file of answers can’t be read. Nothing was changed. Correct it: { $why }
answers-format = The file of answers has format { $format }; this version knows format 1. Nothing was changed. Write: format = 1
answers-path = “{ $path }” in the file of answers is not an absolute path. Nothing was changed. Write it as "/etc/motd".
answers-unknown = The file of answers names paths that exist in no version and not on this machine: { $paths }. Nothing was changed. Correct the paths.
clash-content = changed here and in the new version
clash-attributes = mode, owner or attributes were changed here and in the new version
clash-both-added = added here and in the new version
clash-removed-here = removed here, changed in the new version
clash-removed-there = changed here, removed in the new version
clash-kind = a file on one side and a directory or link on the other
drifted = The system is not as it was delivered ({ $count } in all): { $paths }. A damaged system is not upgraded. Nothing was changed. To see the differences: zshield check. If they are yours: zshield check --accept. To return to the backup: zshield recover latest
id-clash = { $path }: the new version needs “{ $name }” with the number { $id }, and here that belongs to “{ $here }”. Files would get the wrong owner. Nothing was changed. Give the local account another number (usermod -u, groupmod -g), then try again.

# What a bundle is read from
source-file-address = An address that begins with file:// is not taken. Nothing was changed. Name the file itself: zshield upgrade { $path }
source-bad-address = This is not the address of a file on a web server. Nothing was changed. Name a file, or an address that begins with https:// or http://.
source-unreadable = { $path } can’t be read. Nothing was changed. Check the path.
source-no-file = { $path } is not a file. Nothing was changed. Name the bundle itself.

# Room
place-root = the system’s volume
place-boot = /boot
place-golden = the Golden partition
room-of = { $place } needs { $needs } and has { $has }
no-room = The new version does not fit: { $places }. Nothing was changed. Remove files that nobody needs, then try again.

# Health
symptom-target = the default target was not reached
symptom-inactive = { $unit } is not active
symptom-failed = { $unit } failed, and did not fail before
symptom-address = the network interface { $interface } has no address any more
symptom-route = there is no default route any more
symptom-full = there is no room left: { $lacking }
symptom-drift = the check finds { $count } differences, such as { $example }
symptom-no-check = the check could not be made: { $why }
symptom-program = { $name } { $end }
end-exited = ended with status { $status }
end-killed = was ended by signal { $signal }
end-timed-out = did not end in time
end-not-started = could not be started: { $why }

# The plan
no-way-back = There is no valid latest backup that the appliance could return to. Nothing was changed. Make one, then try again: zshield backup
disk-missing = A disk of this appliance is missing: no backup can be made, so there would be no way back from the new version. Nothing was changed. Attach the disk, then try again.
recovery-begun = A recovery has begun and is not complete. Nothing was changed. Restart the machine, which completes it, then try again.

# Applying
content-missing = The content { $digest } is neither in the bundle nor on this machine: a file that the bundle patches was changed here. A bundle that holds everything serves this machine too; ask the vendor for one.
placed-on-own = The bundle changes /{ $path }, which belongs to this machine and not to the system’s version. Nothing was changed. Ask the vendor for another bundle.
packages = The package manager installs: { $packages }
no-package-manager = The bundle holds packages for { $program }, which this machine does not have. Nothing was changed. Ask the vendor for another bundle.
packages-refused = { $program } does not take the packages. Nothing was changed. Send its words to the vendor: { $said }
package-on-data = The package { $package } holds the file /{ $path }, which lies on a volume of user or audit data: no recovery could take it back. Nothing was changed. Ask the vendor for another bundle.
packages-no-answers = A bundle of packages takes no file of answers: configuration that was changed here stays, and the package manager puts the new one beside it. Nothing was changed. Try again without --answers.
no-partitions = The partitions of this appliance can’t all be identified.
will = Version { $from } becomes version { $to }.
files = { $written ->
    [one] One path is written
   *[other] { $written } paths are written
}, { $removed ->
    [one] one is removed.
   *[other] { $removed } are removed.
}
stops = These services are stopped meanwhile: { $units }
unanswered = Both this machine and the new version changed { $count ->
    [one] { $path }
   *[other] { $count } paths, such as { $path }
}, and nobody has said what becomes of that. Nothing was changed. Install this version by hand, or write answers to /etc/zshield/answers.toml.
look-without-address = The policy names no address to look at. Nothing was changed. Write it into the policy: url, under [upgrade].
look-overdue = The server did not answer in time
option-scheduled = Ask nobody, and note what came of it: for the daemon
look-about = Look for a newer version at the address in the policy
look-none = There is no newer version: version { $version } is there.
look-unfit = What is there can’t be installed here: { $why }
look-new = Version { $version } can be installed ({ $size }).
clashes = Both this machine and the new version changed these paths. To answer otherwise: --answers FILE
conflict = { $path }: { $how }; { $becomes }.
stays-here = this machine’s stays
becomes-new = it becomes the new version’s
loses = Lost with it: { $paths }
restarts-machine = A backup is made first. Then the machine restarts, and returns to the backup by itself if the new version is not healthy.
restarts-services = A backup is made first. Services whose files change restart; the machine does not.
restarts-nothing = A backup is made first. Nothing restarts.
agree = Install version { $version }?
not-agreed = Nothing was changed, because the upgrade was not confirmed. To confirm it without a question: --yes
failed-before-change = The upgrade failed before it changed the system. The system is the old version, whole.
failed-goes-back = The upgrade failed. The machine returns to the backup at its next start. Restart it: systemctl reboot
argument-bundle = The bundle of the new version: a file, or its address on a web server
option-answers = A file that says what becomes of paths that both this machine and the new version changed
option-no-restart = Leave the restart to me
goes-on = The upgrade goes on to its end: half of a new version is none. It also continues if this terminal is closed.
restart-now = The new version is in place. Restart the machine: systemctl reboot. It then says whether the new version is healthy: zshield upgrade status
restarting = The new version is in place. The machine restarts now, and then says whether the new version is healthy: zshield upgrade status
looked-at = The new version is in place and runs. Whether it is healthy is checked now: zshield upgrade status
# The Golden Image and the floor
settle-none = No upgrade is confirmed and waiting to be completed. Nothing was changed.
settle-other = The system is no longer version { $version }, which was confirmed. Nothing was changed.
settle-later = A disk is missing, the snapshots are out of date, or a recovery has begun or was ordered. Nothing was changed. The upgrade is completed once this is over.
settle-no-backup = There is no latest backup of the new version. Nothing was changed. Make one: zshield backup
below-floor = Version { $version } is older than { $floor }, the oldest that is still allowed on this machine
floor-unknown = The oldest version that is still allowed on this machine can’t be read: { $why }
floor-agree = { $why }. An old version may have security holes that the newer one has closed. Type { $word } to use it all the same:
floor-refused = { $why }. Nothing was changed. Use a newer version. A person at this machine can allow it: start the command on a terminal and type the word that it asks for.
settle-failed = The upgrade is confirmed and runs, but its completion failed: the Golden Image and the factory state may still be those of the old version. Either can be recovered. It is completed at the next start; to see why it failed: zshield upgrade status
floor-erase = { $why }. This machine is an appliance, and everything on it is lost: the system, its backups and the customer’s data. Type { $word } to erase it all and install the old version:
