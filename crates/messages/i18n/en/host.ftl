cannot-use = { $path } can't be read or written
command-absent = The program { $program } can't be started
command-failed = “{ $command }” failed ({ $status }): { $output }
command-too-slow = “{ $command }” did not end within { $seconds } seconds and was stopped
not-stopped = could not be stopped: { $units }. { $why }
not-started = could not be started: { $units }. { $why }
not-restarted = could not be restarted: { $units }. { $why }
not-reloaded = the service manager could not be informed. { $why }
unplanned-command = The step { $step } runs other commands than its plan lists: a defect in this program
unknown-output = The output of { $tool } can't be understood
step-failed = Step { $number } of { $total } ({ $name }) failed
journal-failed = The journal can't be written to the SSD, so the operation stopped
clear-failed = The mounts that an earlier attempt left can't be removed
reads-back-otherwise = { $path } returns other data than was written: the disk or its cable is bad
snapshot-unusable = The snapshot { $snapshot } can't be restored: { $reason }
snapshot-invalid = it is invalid
snapshot-absent = it is not there
system-differs = The installed system differs from the image in { $count ->
    [one] one place
   *[other] { $count } places
}: { $differences }
boot-file-missing = { $path } is missing or empty, and the system would not start without it
too-large = { $path } is too small for the boot loader
no-image = This step needs an image, and the operation has none. This is a defect of zshield: please report it.
boot-set-unreadable = { $path } does not describe a saved /boot
boot-set-damaged = { $path } is damaged: its content differs from the saved one
boot-set-differs = { $path } differs between /boot and its saved copy
boot-set-incomplete = { $path } is missing or empty: no system could be started
snapshot-unclean = its filesystem is not clean: { $why }
disk-gone = The { $role } of this appliance is missing: { $model }, serial number { $serial }.
no-such-snapshot-device = { $path } is missing: the snapshot is not active
filesystem-damaged = the filesystem of { $device } has errors: { $output }
ledger-damaged = Both copies of the ledger in { $directory } are damaged, so the parts of this appliance are unknown. Nothing was changed. Start from the installation stick: it can rebuild the system and keep customer data.
no-ledger = There is no ledger in { $directory }: zshield did not install this machine. Nothing was changed.
left-over = { $count } names still differ after the recovery: { $names }
