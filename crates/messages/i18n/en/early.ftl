waiting = waiting for the hard disk, { $seconds } seconds more
without-hdd = the hard disk is missing: the system starts without it, and without backups
untouched = the hard disk is back and nothing was written meanwhile: the backups are sound
undone = the power went while the disks' volume group was changed: it is as it was before that change
