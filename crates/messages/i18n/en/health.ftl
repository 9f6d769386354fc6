disk-missing = the { $role } is missing
disk-stalled = the { $role } does not answer
no-way-back = there is no sound snapshot to return to: { $target }
stale = the system was written while the disk with the snapshots was missing: they have to be made anew
backup-overdue = the last backup is more than { $days ->
    [one] a day
   *[other] { $days } days
} old
failed = the last operation failed ({ $operation }): { $why }
failed-starts = { $count } starts in a row did not come to a healthy system
unseen = the volumes can’t be looked at: { $why }
