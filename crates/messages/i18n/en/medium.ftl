# Writing an image to a stick
image-unreadable = the image { $path } can't be read
image-without-table = { $path } is no zshield image: it has no sound partition table
refused = { $disk } is not written. Nothing was changed.
refused-absent = there is no such device
refused-no-disk = it is no disk
refused-partition = it is a partition; name the whole disk, { $disk }
refused-mounted = { $device } is mounted on { $place }; unmount it first
refused-swap = { $device } is in use as swap space
refused-held = { $device } is in use by { $holder }
refused-internal = it is neither removable nor on USB; this can be forced
refused-read-only = it is write-protected
refused-sectors = its sectors have { $bytes } bytes; only disks with 512 can be booted with this image
refused-small = it has { $has } bytes, but the image needs { $needs }
declined = Not confirmed. Nothing was changed.
open-failed = { $disk } can't be opened exclusively: something uses it. Nothing was changed.
write-failed = the disk failed while byte { $offset } was written. What was on it is lost, and it can't be booted. Try another disk.
read-back-failed = the disk can't be read at byte { $offset }. What was on it is lost, and it can't be booted. Try another disk.
differs = the disk took everything without an error, but holds something else from byte { $offset } on: it is broken or a fake. It can't be booted. Use another disk.

# Verifying an image
verify-open = { $path } can't be read
verify-scratch = there is no room for scratch files
verify-table = the first partition table is not sound
verify-second-table = the second partition table is missing or not sound
verify-tables-differ = the two partition tables differ
verify-partition = partition { $number } is not { $name } as it should be
verify-boot-sector = the boot sector is not the one of the Golden Image
verify-core = GRUB for BIOS on the medium is not the one of the Golden Image
verify-esp = the EFI system partition is not the one of the Golden Image
verify-filesystem = the filesystem zs-stick can't be read: { $reason }
verify-extra = { $path } should not be on the medium
verify-menu = GRUB's menu { $path } is not the one that the policy gives
verify-policy = the policy in the Golden Image is not valid
verify-initramfs = the rescue system's initramfs can't be read: { $reason }
verify-contents = the payload is not what the manifest lists: “{ $path }” differs
