# A filesystem beneath the system
ext4-read = the device can’t be read
ext4-none = it is not ext4
ext4-feature = it has unknown features: { $features }
ext4-geometry = the numbers in its superblock contradict each other
another-filesystem = the snapshot belongs to another filesystem

# Parts of the machine
boot-sector = boot code in the first sector of the SSD
grub-core = GRUB’s core for BIOS
esp = EFI system partition
golden-file = Golden Image: { $file }

# The check under way
part-quick = Check the files of the system, quickly
part-deep = Check the files of the system, all of them

# The report
checked-quick = Version { $version }: { $compared } entries compared; everything written since the factory state was read again.
checked-deep = Version { $version }: { $compared } entries compared, and all of them read.
no-basis = A quick check was not possible, so every file was read: { $why }
no-factory = there is no sound factory snapshot
stale = the system was written while its snapshots could not record it
other-image = the factory snapshot belongs to another image
as-delivered = Everything is as it was delivered.
in-order = Every difference is in order. Acknowledged: { $acknowledged }; changes of configuration that are in the latest backup: { $backed-up }.
class-system = System files, which should be as delivered ({ $count }):
class-config = Configuration that has changed since the latest backup ({ $count }):
package = package { $name }
no-package = belongs to no package
since = { $what }; last changed { $time }
more = … and { $count } more (--json lists all)
repair = To restore it: { $command }
repair-mounted = A restart of the machine removes the filesystem that is mounted over a part of the system.
repair-machine = To restore the boot loader or the Golden Image, start from the installation stick.
grant-root-account = a new account with the rights of root: { $name }
grant-password = a new password or none: { $name }
grant-keys = other SSH keys of root
grant-sudo = other rights by sudo
grant-setuid = a program that runs with the rights of its owner or group
grant-task = a new service or scheduled command
accept = If the change is intended: zshield check --accept
accept-config = The next backup accepts the changes of configuration.
accepted = { $count ->
    [one] One path is
   *[other] { $count } paths are
} accepted as found by the last check. A change after that is reported again.
nothing-to-accept = There is nothing to accept: the last check found every difference in order, or no check was made yet. Nothing was changed. Run zshield check first.
not-drifting = The last check found no unexpected difference in /{ $path }. Nothing was changed. Run zshield check first.
mounted-elsewhere = { $root } is not { $device }
failed = the check could not be made
failed-state =
    { $error }
    The system was not changed. The nightly backup waits until a check succeeds. Remove the cause, then run: zshield check
interrupted = The check was interrupted. The system was not changed, and the result of the last check still counts.
not-kept = the result of the check could not be stored
untold = The alarm about it could not be stored on any disk; it stays only until the next start

# The command line
about = Compare the system with the delivered image. Exit status 4 if it differs
long-about = Compares every file of the system, /boot, the boot loader and the Golden Image with the signed manifest. Changes nothing. A change of configuration is in order once the latest backup has it.
option-deep = Read every file, also one that was not written since the factory state
option-accept = Accept the differences that the last check found, or only these paths
