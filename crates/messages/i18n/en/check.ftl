# A filesystem beneath the system
ext4-read = the device can't be read
ext4-none = it is no ext4
ext4-feature = it has features that are not known here: { $features }
ext4-geometry = the numbers of its superblock don't fit together
another-filesystem = the snapshot is none of this filesystem

# Parts of the machine
boot-sector = boot code in the first sector of the SSD
grub-core = GRUB’s core for BIOS
esp = EFI system partition
golden-file = Golden Image: { $file }

# The report
checked-quick = Version { $version }: { $compared } entries compared, and what was written since the factory state read again.
checked-deep = Version { $version }: { $compared } entries compared and all of them read.
no-basis = A quick check was not possible, so everything was read: { $why }
no-factory = there is no sound factory snapshot
stale = the system was written while its snapshots could not follow
other-image = the factory snapshot is another image's
as-delivered = Everything is as it was delivered.
in-order = Everything that differs is in order. Acknowledged: { $acknowledged }; changes of configuration that are in the latest backup: { $backed-up }.
class-system = The system, which should be as it was delivered ({ $count }):
class-config = Configuration, changed since the latest backup ({ $count }):
package = package { $name }
no-package = belongs to no package
since = { $what }; last changed { $time }
more = … and { $count } more (--json lists all)
repair = To put it back: { $command }
repair-mounted = What is mounted over a part of the system goes with a restart of the machine.
repair-machine = To put the boot loader or the Golden Image back, start from the USB disk.
accept = If it is meant to be so: zshield check --accept
accept-config = The next backup takes the configuration over.
accepted = { $count ->
    [one] One path is
   *[other] { $count } paths are
} accepted as found by the last check. A change after that is reported again.
nothing-to-accept = There is nothing to accept: the last check found nothing that is not in order, or there was none. Run zshield check first.
not-drifting = The last check found nothing of /{ $path } that is not in order. Run zshield check first.
mounted-elsewhere = { $root } is not { $device }
failed = the check could not be made
not-kept = what the check has found could not be kept
untold = The alarm about it could not be kept on any disk; it is told until the next start
