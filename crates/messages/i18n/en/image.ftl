file = { $path } can’t be read or written
scratch = temporary files can’t be created
tool-absent = { $name } is not on this host. Debian: install { $debian }. Red Hat: install { $redhat }.
tool-unusable = { $name } can’t be run
tool-failed =
    { $name } failed:
    { $said }
lacking = The image can’t be built. This is missing:{ $items }
payload-absent = There is no payload { $path }.
payload-unknown = { $path } is not a directory, a tar or a squashfs.
payload-mounted = { $path } belongs to the running kernel. Unmount the filesystems in the payload, then build again.
tar-unfit = { $path } can’t become an image
tar-damaged = it is cut short, damaged or not a tar at byte { $at }
tar-access-list = the access control list of { $name } has the part “{ $part }”, which names nobody in the payload’s /etc/passwd and /etc/group. Make the tar again with --numeric-owner.
tar-leads-out = the name { $name } leads out of the archive. Make the tar again without “..” in names.
tar-link-lost = { $name } is a hard link to { $to }, which does not stand before it. Make the tar again with { $to } in it.
tar-twice = { $name } is in the tar several times, as other kinds of file or with a hard link to one that is replaced. Unpack it, and make a new tar of the result.
tar-through = { $name } leads through { $link }, which is not a directory in the tar. Unpack it, and make a new tar of the result.
unreadable = These files of the payload can’t be read. Build as root, or hand the payload over as a tar:{ $items }
many-kernels = The payload holds several kernels. Name one of them as "kernel" under [payload] in the policy:{ $items }
named-file-absent = The policy names { $path }, which is not in the payload.
not-a-kernel = { $path } is not a kernel for x86.
module-absent = The kernel module { $path } is listed, but its file is missing. Run depmod in the payload.
not-a-program = { $path } is not an ELF program.
library-absent = { $program } needs { $library }, which is not in the payload.
init-not-static = { $path } needs shared libraries, so it can’t be the first process of the rescue system. Use the static build of zshield.
grub-unfit = The GRUB in { $path } has boot.img or core.img of an unknown form.
table = the partition table of { $path } can’t be written
would-be-unsigned = There is no key to sign the image with, so nothing was built. Give the secret key with --key, or ask for an unsigned image with --insecure-unsigned.
key-not-trusted = The rescue system would not trust the key { $id } that signs this image. Add its public key to "trusted_keys" under [image] in the policy.
golden-too-small = "golden" under [storage] in the policy is { $size }, but this image needs { $needs }. Make it larger, or leave it out: zshield then makes room for two images.
bad-time = { $seconds } seconds since 1970 is not a valid time for an image.

lack-host-tool = this host has no { $name }. Debian: { $debian }; Red Hat: { $redhat }
lack-init = the payload has no init (/sbin/init). Debian: systemd-sysv; Red Hat: systemd
lack-program = the payload has no { $name }. Debian: { $debian }; Red Hat: { $redhat }
lack-grub = neither the payload nor this host has GRUB for { $firmware }. Debian: { $debian }; Red Hat: { $redhat }
lack-kernel = the payload has no kernel in /boot. Debian: linux-image-amd64; Red Hat: kernel
lack-initrd = the payload has no initrd for its kernel in /boot. Debian: initramfs-tools, then update-initramfs -c -k all; Red Hat: dracut -f --no-hostonly --regenerate-all
lack-no-lvm-devices = the payload’s { $place } limits LVM to the disks of the machine that made the payload. On an appliance LVM would find none of its volumes. In the payload: rm /etc/lvm/devices/system.devices, then dracut -f --no-hostonly --regenerate-all
lack-initrd-lvm = the payload’s initrd has no LVM and can’t open the root volume. Debian: lvm2, then update-initramfs -u -k all; Red Hat: dracut -f --no-hostonly --add lvm --regenerate-all
lack-kernel-whole = the payload’s kernel { $place } is shorter than its own header says. Install its package again
lack-in-boot = the payload’s { $place } is the kernel or the initrd, but /boot, a partition of its own, has only a link to it. In the payload, replace the link in /boot by a copy: cp --remove-destination
lack-accounts = the payload has no /etc/passwd, so nobody could log in
lack-multipath = the payload’s /etc/multipath.conf, line { $line }, makes a multipath device of every disk: { $setting }. LVM could not open the appliance’s disks. Write find_multipaths yes, then make the initrd again. Debian: update-initramfs -u -k all; Red Hat: dracut -f --no-hostonly --regenerate-all
lack-lvm-setting = the payload’s { $place }, line { $line }, keeps LVM from the volumes of the appliance: { $setting }. Remove the line, then make the initrd again. Debian: update-initramfs -u -k all; Red Hat: dracut -f --no-hostonly --regenerate-all
lack-initrd-whole = the payload’s initrd { $place } is cut short or damaged. Make it again in the payload. Debian: update-initramfs -u -k all; Red Hat: dracut -f --no-hostonly --regenerate-all
lack-initrd-driver = the payload’s initrd has no driver for { $what } ({ $modules }), which the payload’s kernel has. Debian: set MODULES=most in /etc/initramfs-tools/initramfs.conf, then update-initramfs -u -k all; Red Hat: dracut -f --no-hostonly --regenerate-all
lack-initrd-for-all = the payload’s initrd is for the machine that made it and would wait for the disks of that machine ({ $signs }). Red Hat: dracut -f --no-hostonly --no-hostonly-cmdline --regenerate-all
lack-kernel-modules = the payload has no modules for its kernel in /lib/modules. Debian: linux-image-amd64; Red Hat: kernel-modules
lack-driver = the payload’s kernel has no { $what } ({ $modules }). Debian: linux-image-amd64, not linux-image-cloud-amd64; Red Hat: kernel-modules, kernel-modules-extra

grub-lent = The payload has no GRUB for { $firmware }; this host’s is used.
host-keys = { $count ->
    [one] The payload holds an SSH host key.
   *[other] The payload holds { $count } SSH host keys.
 } Every machine makes its own at installation.
machine-id = The payload holds a machine-id. Every machine makes its own at installation.
all-owned-by-root = A normal user built this image from a directory, so every file will belong to root. A tar keeps its owners.
repacked = The squashfs was packed again, because its compression was not zstd.
attributes-lost = These extended attributes of the payload are left out, because a squashfs can’t hold them: { $names }.
packed-modules = The payload’s kernel modules are compressed, and its kernel can’t decompress them (CONFIG_MODULE_DECOMPRESS): the preparation before each start needs modprobe in the payload’s initrd.
fstab-left-out = These lines of the payload’s /etc/fstab are not on the appliance, whose /etc/fstab zshield writes. To keep them, put them into "fstab" under [payload] in the policy:{ $lines }
initrd-not-read = The payload’s initrd holds its system as a squashfs. zshield did not look into it for LVM and drivers.
unsigned = The image is not signed. The rescue system will show this on every screen.

phase-read = Reading the payload
phase-check = Checking the payload
phase-pack = Packing the squashfs
phase-list = Listing its files
phase-verity = Making the dm-verity tree
phase-initramfs = Making the rescue system
phase-boot = Making GRUB
phase-sign = Sealing the manifest
phase-assemble = Writing the image
lack-directory = the payload has no directory { $directory }, where [storage] mounts a volume. Create an empty one.

# The command line
about = Build, verify and write the USB image
build-about = Build a bootable USB image from a policy and a payload
argument-policy = The policy: appliance.toml
option-output = The image to write
option-secret-key = The secret key that signs the image
option-insecure-unsigned = Build an unsigned image; its rescue system shows this on every screen
option-init = The program that becomes the rescue system’s first process
verify-about = Check everything in an image or on a stick
argument-image-or-disk = An image, or a disk that it was written to
option-public-key = A public key that must have signed the image; without it, the keys in the image itself
write-about = Write an image to a USB disk, and read it back
argument-image = The image
argument-disk = The disk to write to
option-force = Also write to a disk that is not removable
own-binary = The path of the running zshield program can’t be read
bad-epoch = SOURCE_DATE_EPOCH is “{ $text }”, which is not a number of seconds. Nothing was changed. Unset it, or write the seconds since 1970
key-password = Password of { $key }:
built = { $image } is built:
built-size = image
built-used = used of it
built-payload = Payload: { $entries } entries, { $size }, kernel { $kernel }
built-digest = Manifest: { $digest }
built-signed = Signed by key { $key }
built-unsigned = NOT SIGNED. The rescue system will show this on every screen.
notice = Note: { $notice }
stage-read = Reading the slot
stage-artifacts = Checking the files of the slot
stage-verity = Checking the hash tree
stage-contents = Checking every file of the payload
problem = Wrong: { $problem }
sound = { $image } is sound.
unsound = { $image } is NOT sound: { $count ->
    [one] one thing is wrong
   *[other] { $count } things are wrong
}. Do not use it.
disk-line = { $device }: { $model }, serial number { $serial }, { $size }
agree-write = Everything on { $disk } will be lost. Write the image to it?
write-interrupted = Interrupted: { $disk } is not bootable, and its previous content is lost. Write it again.
build-interrupted = The build was interrupted. Its unfinished files are removed. An image that was there before is unchanged. Run the command again.
would-write = { $image } would be written. Nothing was changed.
stage-write = Writing
stage-compare = Reading back and comparing
written = { $bytes } were written to { $disk } and read back; the content is the same.
