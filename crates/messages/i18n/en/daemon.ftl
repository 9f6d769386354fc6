waits = A backup is under way; its end is waited for
answers-again = The disks answer again
backup-begins = The nightly backup begins
backup-done = The nightly backup is done
backup-failed = The nightly backup ended badly ({ $status }); it is tried again later. There is a latest backup: the old one, or the new one where that was made
no-longer = No longer so: { $condition }
backup-refused = The nightly backup could not begin, for the reason above. Nothing was changed; it is tried again in a quarter of an hour
lets-go = A backup was ended before it told applications to go on; they are told now
