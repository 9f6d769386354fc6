# What is wrong with a vault
no-volume = This appliance has no volume for the vault, so no copies of the backups are kept. Nothing was changed. To make it, where the HDD has room: zshield vault init
empty = The vault is empty: no backup was copied to it yet. To copy them now: zshield vault copy
no-place = The place of the vault does not exist: the directory is not mounted, or the bucket is gone.
credentials = The server refuses the credentials. Check the key or the password in the file that the policy names.
not-allowed = The credentials are known, but they do not allow this.
clock = The clock of this machine and the clock of the server differ too much. Set this machine’s clock: date
read-only = Nothing can be written at the place of the vault: its filesystem is mounted read-only. On the HDD this happens after a fault of the disk; elsewhere it is the mount or the server. Remove the cause, then try again.
far-full = The place has no room left. What was sent to it is whole. Make room there, or remove what the vault on the HDD has given up: zshield vault prune --at PLACE
far-damaged = What is at the place is not what was sent. Whatever else was sent there can still be read. To see what is damaged, run restic check --read-data there; then remove those files, and send them anew: zshield vault send
full = The vault is full. Backups are made as before, but they are not copied any more. Keep fewer of them in the policy ([vault.keep]), then: zshield vault prune
identity = The server is not the one that is known: its key or its certificate is another one. Nothing was sent. If the server was replaced, enter its new key or certificate.
away = The place of the vault does not answer. The copy is tried again by itself, and continues where it was.
other-repository = This place holds the vault of another machine. Nothing was written. Give each machine a directory or a prefix of its own.
wrong-key = The key does not open this vault. Check the recovery key; upper and lower case do not matter.
key-lost = The machine’s key of this vault is lost; it was the file machine.key on the volume lv-vault. Only the recovery key still opens the copies, with restic.
damaged = The vault is damaged. What is whole can still be read. To see what is damaged: zshield vault check --deep
unread = A file of the backup can’t be read, so this backup was not copied to the vault. The copies before it are as they were. Restore or remove the file, make a new backup, then: zshield vault copy
no-generation = No backup in the vault has this name, or several have. To see their names: zshield vault list
fault = The vault can’t be used

# Made on an appliance that has none
init-exists = This appliance has a vault already. Nothing was changed. To see what is in it: zshield vault list
init-not-wanted = The policy asks for no vault on the HDD. Nothing was changed. To get one, remove size = "none" below [vault] in the policy, then try again.
init-disk-missing = A disk of the volume group is missing, so no vault can be made. Nothing was changed. Attach the disk, then try again.
init-no-room = The HDD has no room for a vault: it needs { $needs }, and { $free } are free beside the other volumes and what backups need. Nothing was changed. Make another volume on the HDD smaller, or ask for a smaller vault in the policy ([vault] size).
init-question = A vault of { $size } is made in the free room of the HDD. No other volume is changed. Make it?
init-declined = No vault was made. Nothing was changed.
init-done = The vault is made: { $size } on the HDD. The daemon copies the backups into it. To copy them now: zshield vault copy
init-failed = The vault was not made. The backups and the data are as they were. When this cause is removed, run zshield vault init again
init-goes-on = Making the vault continues to its end, which takes moments. It also continues if this terminal is closed.

# Copying
copied = { $kind } of { $time } is in the vault as { $id }; { $added } MB were new.
copied-nothing = The vault has all backups already.
pruned = Given up: { $id }, of { $time }.
pruned-unreadable = Removed, because nobody can read it any more: { $id }.
room = { $free } MB are free in the vault; { $used } % are used.
kind-latest = The backup
kind-factory = The factory state
kind-other = The state that another program has copied
goes-on = A copy can be interrupted at any time. The next one continues where it was.

# Listing
list-none = The vault has no backup.
list-entry = { $id }: { $kind }, { $time }, version { $version }, { $size } MB
list-damaged = { $id }: damaged, can’t be read
no-recovery-key = There is no recovery key. Without it nobody can read the copies when this machine is lost. To make one: zshield vault key

# Recovery key
key = The recovery key of this appliance:
key-keep = Keep it away from this machine, on paper or in a safe. It is shown once. It opens the copies of this machine’s backups, also with restic, where it is the password. An earlier recovery key opens the vault on the HDD no longer.
key-question = A new recovery key replaces the earlier one, which then opens the vault on the HDD no longer. Make a new one?
key-declined = No recovery key was made. Nothing was changed.

# Check
whole = The vault is whole.
found = { $what } is damaged.
given-up = { $packs } damaged packs were taken out of the vault. The next copy writes anew what the backups of this machine have of them: zshield vault copy

# Off the machine
sent = { $place }: { $objects } objects were sent, { $size } MB.
sent-nothing = { $place }: nothing was missing.
sent-damaged = { $place }: damaged, not sent: { $what }
send-failed = { $place }: { $why }
no-far = The policy names no place off the machine. Nothing was changed. Add one to the policy: [[vault.s3]], [[vault.sftp]] or [[vault.directory]]
no-such-place = The policy names no place { $place }. Nothing was changed.
credentials-file = { $path } holds no credentials. Its first line is the id of the key, its second line the key.
credentials-open = Others than root can read { $path }. Take that away: chmod 600 { $path }
tested = { $place }: answers, { $generations } backups are there.
tested-empty = { $place }: answers, and is empty.
send-about = Send the copies to the places off the machine
send-long-about = Writes to each place off the machine what the vault on the HDD has and that place lacks. It can be interrupted at any time. The daemon does this in the window of each place.
test-about = Try each place off the machine, and change nothing
argument-place = The name of a place in the policy; all of them where it is left out

# Removed off the machine
credentials-not-given = To remove something there, other credentials are needed than those of the nightly copy. Give them by --credentials FILE, or for a bucket in the environment: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.
prune-damaged = The vault on the HDD is damaged, and what is lost here may still be whole there. Nothing was removed. Run zshield vault copy and zshield vault check --deep first.
prune-behind = { $place } lacks something that the vault on the HDD has. Nothing was removed. Send it first: zshield vault send { $place }
prune-question = { $place }: { $objects } objects ({ $size } MB) are removed for good, among them { $generations } backups that the vault on the HDD has given up. Remove them?
prune-declined = Nothing was removed.
pruned-at = { $place }: { $objects } objects were removed, { $size } MB.
pruned-nothing-at = { $place }: has nothing that the vault on the HDD has given up.
prune-refused = { $place }: { $objects } objects were not removed, nor what belongs to them. These credentials do not allow it, or an object lock keeps the objects until its time is over. What is there is whole.

# Files out of the vault
no-such-path = The backup has no { $path }. Nothing was changed.
exists = { $path } exists already. Nothing was changed. To replace it: --replace
taken = { $names } files and directories were taken out, { $size } MB.
taken-damaged = Damaged, left out: { $path }
mounted = The backup is mounted read-only on { $directory }. To end: Ctrl-C.
mount-damaged = Damaged, could not be read: { $path }

# The command line
about = Copies of the backups that outlive the SSD
long-about = Keeps copies of the backups, deduplicated and encrypted, on the HDD. Stock restic can read them.
init-about = Make a vault on an appliance that has none
init-long-about = Makes the volume lv-vault in the free room of the HDD. It has the size that the policy says, or one that suits the system. No other volume is changed. It can be cut off at any time: the next run removes what there is and makes it anew.
list-about = Show the backups in the vault
copy-about = Copy the backups that the vault lacks
copy-long-about = Copies the latest backup and the factory state into the vault, as far as it lacks them, and then gives up what the policy does not keep. The daemon does this after each backup.
key-about = Make a new recovery key and show it once
check-about = Check whether the vault is whole
option-deep = Read every byte, which takes minutes
prune-about = Give up the backups that the policy does not keep
prune-long-about = Gives up on the HDD what the policy does not keep. With --at it removes at a place off the machine what the vault on the HDD has given up; it asks before. That needs other credentials than those of the nightly copy, which can only add.
option-at = Remove at this place off the machine instead
option-credentials = A file with credentials that may remove: as the policy’s file for a bucket, or a private key for an SSH server
get-about = Take a file or a directory out of a backup in the vault
mount-about = Mount a backup in the vault read-only, until Ctrl-C
argument-id = The name of the backup, or its beginning: zshield vault list
argument-path = What is taken out: /etc/passwd
argument-into = The directory that it is put into
argument-directory = The directory; it is empty
option-replace = Replace a file that has the name
prune-awaited = A recovery to a backup in the vault has begun or is ordered. Nothing was removed. Let it end, or take the order back: zshield recover --cancel

# Brought from a place off the machine
far-empty = There is no backup at the place.
not-one-place = { $path } has to name one place, below [[s3]], [[sftp]] or [[directory]]. Nothing was changed.
place-file = { $path } can’t be used: { $why } Nothing was changed.
fetch-awaited = A recovery to a backup in the vault has begun or is ordered. What was fetched stays until it has ended. Nothing was changed. To take an order back: zshield recover --cancel
fetch-no-room = The backup needs { $size } in the vault, and { $free } are free. Nothing was changed. Give up backups there: keep fewer of them in the policy ([vault.keep]), then zshield vault prune. What was fetched before goes by: zshield vault forget
fetch-question = The backup of { $host } of { $time } is fetched into the vault: { $size }. The system is not changed by that. Fetch it?
fetch-replaces = The backup that was fetched before is removed.
fetch-declined = Nothing was fetched. Nothing was changed.
fetched = The backup of { $host } of { $time } is in the vault as { $id }; { $size } MB were fetched. To go back to it: zshield recover vault:{ $id }. Where this machine takes the place of one that is gone: zshield recover vault:{ $id } --take-over
fetched-damaged = Damaged there, and not in what was fetched: { $path }
fetch-choose = To fetch one: zshield vault fetch { $place } ID
fetch-nothing-listed = There is no backup at { $place }.
forgotten = What was fetched is removed.
forgotten-nothing = Nothing had been fetched.
kind-fetched = fetched, of { $host }
recovery-key-asked = Recovery key:
recovery-key-mistyped = This is no recovery key: a symbol is wrong or missing. It has six groups of five symbols. Nothing was changed.
fetch-about = Fetch a backup from a place off the machine, for a recovery
fetch-long-about = Brings a backup from a place off the machine into the vault: one of this machine, or of a machine that is gone. The recovery key is asked for. Without a name it lists the backups there. It can be interrupted at any time, and continues where it was. Afterwards: zshield recover vault:ID
forget-about = Remove what was fetched
argument-from = The name of a place in the policy; or a file with one place, written as in the policy’s section vault: [[s3]], [[sftp]] or [[directory]]
argument-fetched = The name of the backup or its beginning; or newest
option-recovery-key = A file with the recovery key; it is asked for where this is left out
part-fetch = Fetch the backup
fetch-goes-on = Fetching can be interrupted at any time. The next one continues where it was.
prune-ended = The removal was ended. What is at the place is whole. To remove the rest, run the same command again.
get-ended = Taking files out was ended. Nothing got its name in the directory, and what was there is as it was. Run the same command again: it removes what this one has left.
far-no-generation = No backup at the place has this name, or several have. To see their names: zshield vault fetch PLACE
fetch-away = The place does not answer. What came until then stays. Run the same command again: it continues where it was.
fetch-damaged = What this backup needs is damaged at the place. Remove nothing there: other backups may be whole. To see them: zshield vault fetch PLACE
no-key-there = No recovery key opens what is at the place: it was sent before one was made (zshield vault key), and only the lost machine’s own key opens it. Nothing was changed.
forget-ended = Removing was ended. What is left of it is removed by the next run: zshield vault forget
fetch-unread = Damaged at the place, and perhaps newer: { $names }
own-closed = The vault of this machine can’t be opened, and may hold more backups: { $why }
fetched-closed = The fetched backup can’t be opened: { $why }
generations-lost = Backups in the vault could not be read any more and were removed: { $ids }. The next full check shows whether the others are whole: zshield vault check --deep
