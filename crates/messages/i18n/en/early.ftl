waiting = waiting for the hard disk, { $seconds } seconds more
without-hdd = the hard disk is missing: the system starts without it, and without backups
untouched = the hard disk is back and nothing was written meanwhile: the backups are sound
undone = the power failed while the volume group was changed: the group is as it was before that change
unreadable = the backups can't be read: the system starts without them
removed = the backups still can't be read, and the system was written without them: they are removed, and the next backup makes new ones
given-up = the snapshot { $names } can't be read and is removed: a start without it would make the other snapshot useless too. The next backup makes it again
