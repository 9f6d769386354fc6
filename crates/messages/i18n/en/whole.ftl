# What a machine is started by, and its repair
golden-filesystem = the filesystem of the Golden partition
golden = the Golden Image, which the rescue system starts from
boot-filesystem = the filesystem of /boot
boot = the files in /boot that start the system
ledger = the ledger, in /boot
environment = GRUB’s environment, in /boot
boot-loader = the boot loader on the SSD
lack-image = This stick holds another image than this machine. Use a stick of the version that is in the Golden partition.
lack-boot-set = Neither the system nor a backup holds a whole copy of /boot. Return to a backup, or rebuild the system.
lack-begun = A recovery has begun. Press W and finish it.
not-seen-again = What was repaired could not be looked at again
still-damaged = Still damaged after the repair: { $parts }. Check the SSD.
about = From the rescue system: make whole what the machine needs to start, and keep everything
damaged = Damaged: { $part }
agree = What is damaged will be written anew. The system, its backups, customer data and logs are kept.
table = the partition table of the { $disk }
then-rest = what else is damaged then of what the machine needs to start: it shows when the partition table is whole
