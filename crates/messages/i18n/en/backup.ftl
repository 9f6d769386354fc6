disk-missing = A disk of the volume group is missing, so that no backup can be made. The backups that are there were not touched. Attach the disk, then try again.
no-root = The system’s volume is missing, so that no backup can be made. Nothing was changed.
recovery-begun = A recovery ({ $target }) has begun and not ended. Nothing was changed. Restart the machine: it goes on with it by itself.
done = The backup is done and proved.
no-policy = This machine’s policy can’t be read
failed = The backup failed. The latest backup is the one from before.
needs-root = This needs root. Nothing was changed.
made-but = The backup is done and proved, and it is the latest one now. But applications may still hold still: { $why }
