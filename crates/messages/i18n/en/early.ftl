waiting = waiting for the hard disk, { $seconds } seconds more
without-hdd = the hard disk is missing: the system starts without it, and without backups
untouched = the hard disk is back and nothing was written meanwhile: the backups are sound
undone = the power went while the disks' volume group was changed: it is as it was before that change
unreadable = the backups can't be read: the system starts without them
removed = the backups still can't be read, and the system was written without them: they are removed, and the next backup makes new ones
given-up = the snapshot { $names } can't be read and is removed: to start without it would cost the other one as well. The next backup makes it anew
