waits = A backup is under way; its end is waited for
answers-again = The disks answer again
backup-begins = The nightly backup begins
backup-done = The nightly backup is done
backup-failed = The nightly backup failed ({ $status }); it is tried again later, and the old backup is as it was
no-longer = No longer so: { $condition }
