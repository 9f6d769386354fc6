# Files
cannot-read = can’t read { $path }
cannot-write = can’t write { $path }
cannot-create = can’t create { $path }

# Paths inside the payload
path-absolute = the path “{ $path }” begins at the root; it must be relative
path-indirect = the path “{ $path }” holds an empty name, “.” or “..”
path-nul = the path “{ $path }” holds a NUL byte
path-long = the path “{ $path }” is longer than Linux takes
path-escape = “{ $text }” holds a % that is not followed by two hexadecimal digits

# Slot
artifact-size = { $name } has { $actual } bytes, but the manifest says { $expected }
artifact-content = the content of { $name } differs from the manifest: the file is damaged or was changed

# Manifest
manifest-line = line { $line } of the manifest is wrong
manifest-empty = there is no header
manifest-line-long = the line is too long
manifest-cut = the line breaks off
manifest-json = column { $column }: { $message }
manifest-format = the manifest has format { $found }, but this zshield reads format { $known }: a newer zshield is needed
manifest-field-missing = the field “{ $name }” is missing
manifest-field-unexpected = an entry of this type must not have the field “{ $name }”
manifest-mode = the mode “{ $text }” is not four octal digits
manifest-xattr = an extended attribute has no valid name or value
manifest-symlink-target = the symbolic link has no valid target
manifest-root-first = the first entry is not the root directory
manifest-twice = “{ $path }” is listed twice
manifest-order = “{ $path }” is listed too late
manifest-no-parent = the directory of “{ $path }” is not listed before it
manifest-parent-no-directory = the parent of “{ $path }” is not a directory
manifest-link-target = the hard link “{ $path }” names “{ $to }”, but no file of this name with several links is listed before it
manifest-totals = the number or the size of the entries differs from the header
manifest-artifact = the header does not name { $name } exactly once
manifest-large = { $path } is larger than any such file can be
manifest-unusable = { $path } can’t be used

# Keys and signatures
key-exists = { $path } already exists; zshield never overwrites a key
key-malformed = { $path } is not a public key in minisign’s format
secret-key-malformed = { $path } is not a secret key in minisign’s format
key-password-needed = the secret key { $path } is encrypted: its password is needed
key-password-wrong = the password does not open the secret key { $path }
key-id-malformed = “{ $text }” is not the number of a key: sixteen digits, 0 to 9 and A to F
key-generation = the key could not be made: { $reason }
signature-missing = the image is not signed: there is no { $path }
signature-malformed = { $path } is not a signature in minisign’s format
signature-unknown-key = the image was signed with the key { $key-id }, which is not trusted here
signature-revoked = the image was signed with the key { $key-id }, which the vendor has revoked; ask the vendor for one that is signed with a key of today
signature-wrong = the signature does not match { $path }: the image was changed after it was signed
manifest-not-installed = { $path } is not the manifest of the image that was installed here

# dm-verity
not-hexadecimal = “{ $text }” is not a hash or a salt in hexadecimal digits
verity-empty = { $path } is empty
verity-layout = { $path } does not have the length that its hash tree needs
verity-superblock = { $path } has no matching dm-verity superblock
verity-data = the content of { $path } has the root hash { $actual }, but should have { $expected }: it is damaged or was changed
verity-tree = the hash tree in { $path } is damaged

# squashfs
squashfs-none = { $path } is not a squashfs 4.0 image
squashfs-compression = the squashfs { $path } is not compressed with zstd
squashfs-damaged = the squashfs { $path } is damaged ({ $part })

# Unpacking
unpack-content = the content of “{ $path }” differs from the manifest: the Golden Image is damaged or was changed
unpack-contents = the content of “{ $path }” can’t be had
unpack-absent = the manifest has no “{ $path }”
unpack-diverges = the files in the Golden Image differ from its manifest, beginning at “{ $path }”
unpack-occupied = “{ $path }” already exists: the target must be a new filesystem

# Comparing
kind-file = file
kind-directory = directory
kind-symlink = symbolic link
kind-char-device = character device
kind-block-device = block device
kind-fifo = named pipe
kind-socket = socket
drift-missing = is missing
drift-added = should not be there ({ $kind })
drift-kind = should be a { $expected }, but is a { $actual }
drift-content = the content was changed
drift-size = should have { $expected } bytes, but has { $actual }
drift-mode = should have mode { $expected }, but has { $actual }
drift-owner = should belong to { $expected }, but belongs to { $actual }
drift-mtime = was written at another time
drift-xattrs = extended attributes differ: { $names }
drift-link-target = should lead to “{ $expected }”, but leads to “{ $actual }”
drift-device = should be device { $expected }, but is { $actual }
drift-hard-link = should be another name of “{ $to }”, but is a file of its own
drift-links = should have { $expected } names, but has { $actual }
drift-locked = is locked against changes (chattr +i or +a)
drift-mounted-over = something else is mounted over it
drift-unreadable = can’t be read: { $reason }
