# The rescue system’s screens. Short sentences: they are read by people who don’t read English
# every day.
frame-name = zshield rescue system
signature-trusted = Signature valid (key { $key })
signature-unsigned = UNSIGNED IMAGE - NOT FOR CUSTOMERS
signature-unsigned-means = Nobody vouches for the content of this image. It was built only for tests.
image-not-compared = The image is not compared with the records of this machine
image-foreign = FOREIGN IMAGE - NOT OF THIS MACHINE
image-foreign-means = This machine was installed from another image. No system is made from this one. Use the vendor’s installation stick.
no-framebuffer = This screen can’t show Chinese: the firmware provided no graphics mode. Use the serial console.
settings-unreadable = { $file } can’t be used, so no special function is allowed: { $why }

cmdline-unknown-word = Unknown word on the kernel command line, ignored: { $word }
cmdline-unknown-value = Unknown value on the kernel command line, the safe one is used: { $word }
cmdline-contradiction = { $word } is given twice with different values; the safe one is used.

key-language = 中文 (Chinese)
key-restart = Restart
key-power-off = Power off
key-install = Install
key-install-anew = Erase, reinstall
key-look-again = Look again
key-confirm = Confirm
key-back = Back
key-choose = Choose
key-go-on = Go on
key-name-enter = Enter

starting-title = Starting…
starting-drivers = Loading drivers
starting-medium = Waiting for the installation medium
starting-signature = Checking the signature
starting-look = Looking at the disks
starting-ways-back = Looking for the ways back
starting-vault = Reading the vault

disk-role = Role
disk-device = Device
disk-model = Model
disk-serial = Serial number
disk-identity = { $model }, serial number { $serial }
disk-size = Size
disk-passed-over = Why not

install-title = Ready to install
install-disks = These two disks will be used:
install-erased = EVERYTHING on them will be erased:
install-call = Press the key  I  to install

present-title = Already installed
present-facts = These disks hold an installed system:
present-hint = To use it, remove the installation stick and press R. If it does not start, or not as it should:
present-no-start = The SSD holds no system: this machine can’t start from its disks, and R does not help.
present-anew = Erases everything, customer data and logs too. You will be asked once more.

refused-title = Can’t install on this machine
refused-reasons = Reason:
refused-no-disk = No disk was found. Check power and cables.
refused-next = Nothing was changed. Correct the hardware. The disks are checked again when you plug one in, or when you press S.

step-begun = Step { $number } of { $total }: { $title }
step-done = Step { $number } of { $total }: { $title } - done

progress-install = Installing
progress-factory = Going back to the factory state
progress-latest = Going back to the latest backup
progress-vault = Restoring a backup from the vault
progress-resumed = An interrupted installation continues.
progress-overall = All steps
progress-elapsed = Time: { $clock }
progress-bytes = { $done } of { $total }
progress-steps = Steps:
progress-leave-on = Leave the machine on. If the power fails, start it again in the same way: the operation continues by itself.

done-install = Installed
done-factory = Factory state restored
done-latest = Latest backup restored
done-vault = Backup from the vault restored
done-took = Done in { $clock } (minutes:seconds).
done-notes = Good to know:
done-remove-stick = Remove the stick, then press  R
done-restart = Press  R  to restart
done-power-off = Without a key the machine switches itself off in { $seconds } seconds.

failed-title = Failed
failed-what = What happened:
failed-state = State of the machine:
failed-next = What to do now:
failed-log = The log is in memory, in { $file }. Its last lines:
failed-log-on-stick = The log is on the stick, partition ZS-LOG, in { $file }. Its last lines:

confirm-install = Erase the installed system?
confirm-factory = Go back to the factory state?
confirm-latest = Go back to the latest backup?
confirm-vault = Restore this backup from the vault?
confirm-kept = This stays:
confirm-kept-data = Customer data (/home) and logs (/var/log)
confirm-lost = This will be lost for ever:
confirm-call = Type  { $digits }  and press Enter
confirm-wrong = The digits are wrong. Nothing was changed.

recovery-title = Recovery
recovery-kept = Customer data (/home) and logs (/var/log) are kept whatever you choose.
recovery-factory = Factory state
recovery-latest = Latest backup
recovery-generation = backup { $id }
recovery-of-factory = Factory state
recovery-fetched = Fetched, of the machine { $host }
recovery-older = An older backup from the vault
recovery-older-fact = Shows the backups that are stored in the vault on the HDD.
recovery-other-ways = Back
recovery-other-ways-fact = Shows the latest backup and the factory state.
recovery-leave = Leave
recovery-leave-fact = Change nothing and restart into the system.
recovery-unavailable = Not available: { $why }
recovery-time-out = After ten minutes without a key the machine restarts into the system.

restart-title = Restart?
restart-text = Ctrl-Alt-Del was pressed. A restart does no harm now.

shell-not-allowed = A shell was asked for (zshield_shell=1). This image was built without one.
shell-missing = A shell was asked for (zshield_shell=1). This image has no { $path }.

state-nothing-changed = Nothing was changed.
next-medium = Check that the stick is plugged in firmly, best directly at the machine, and restart. If it happens again, write the stick again.

medium-not-named = the kernel command line does not say where the image is (zshield_medium=)
medium-not-found = the medium with partition { $guid } was not found
medium-not-mounted = { $device } can’t be mounted: { $why }
medium-without-slot = { $device } holds no image in slot { $slot }
modules-unreadable = the list of kernel modules can’t be read: { $why }

crash-what = The rescue system ended unexpectedly ({ $how }).
crash-state = The operation that had begun is not finished.
crash-next = Restart the machine: the operation continues by itself. If it happens again, copy the lines below for the vendor.
crash-last-words = The rescue system can’t go on. Press Enter to restart the machine.
key-ways-back = Other ways back
key-rebuild = Rebuild as delivered, keep the data
key-restore = Restore the last backup onto a new SSD
present-rebuild = The system becomes as delivered; customer data and logs are kept. You will be asked once more.
present-restore = Makes the system anew with the last backup from the HDD; customer data and logs are kept. You will be asked once more.
present-no-rebuild = Its data can’t be kept; the reason is above.
progress-rebuild = Rebuilding the system
done-rebuild = System rebuilt; customer data and logs were kept
done-restarts = Without a key the machine restarts by itself in { $seconds } seconds.
confirm-rebuild = Rebuild the system?
confirm-restore = Rebuild the system and restore the last backup?
recovery-leave-begun = Restart; the recovery then continues by itself.
recovery-begun = A recovery was interrupted: the system is half restored and can’t start before a recovery has finished. Customer data and logs are kept.
key-recover = Return to a backup
present-recover = The last backup, an older one or the factory state; customer data and logs are kept. Shows what is there, and asks.
recovery-to-stick = Change nothing; shows what else this stick can do.
key-repair = Repair, keep everything
present-repair = Looks at what this machine needs to start, and shows what is damaged. Nothing is written before you agree.
starting-damage = Looking at what the machine needs to start
progress-repair = Repairing what the machine needs to start
done-repair = Repaired; everything else is as it was
confirm-repair = Repair what is damaged?
confirm-kept-all = The system, its backups, customer data (/home) and logs (/var/log)
confirm-repaired = What is damaged and will be written anew:
repair-nothing = Nothing is damaged
repair-nothing-fact = What this machine needs to start is whole. If the system does not start, return to a backup: press Esc, then W.
repair-none = This can’t be repaired
repair-none-fact = Press Esc for the other ways.
repair-left = Damaged:
repair-not = Stays damaged: { $what }
repair-kept = The system, its backups, customer data and logs were not touched
repair-state = What was damaged may still be damaged. The system, its backups, customer data and logs were not touched.
repair-next = Restart from the stick and repair again. If it fails again, check the SSD, or return to a backup from the stick.
