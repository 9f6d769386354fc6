//! One thing in a tree, held open while it is looked at and changed, so that nobody can put
//! another in its place meanwhile.

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;

use rustix::fs::{AtFlags, IFlags, Mode, OFlags, Stat};
use rustix::io::Errno;
use zshield_golden::compare::FileKind;
use zshield_golden::descent::open_unmounted;
use zshield_golden::xattrs::{self, Xattrs, by_number};

/// What forbids a change.
const LOCKS: IFlags = IFlags::IMMUTABLE.union(IFlags::APPEND);
/// What a person may set, and a filesystem does not by itself.
const SETTABLE: IFlags =
    LOCKS.union(IFlags::NODUMP).union(IFlags::NOATIME).union(IFlags::SYNC).union(IFlags::DIRSYNC);

/// Seconds and nanoseconds.
pub(crate) type Time = (i64, i64);

/// What the inode says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct InodeMetadata {
    pub(crate) kind: FileKind,
    /// The filesystem.
    pub(crate) device: u64,
    pub(crate) inode: u64,
    pub(crate) links: u64,
    pub(crate) size: u64,
    /// Of 512 bytes, on the disk.
    blocks: u64,
    pub(crate) mode: u32,
    pub(crate) owner: (u32, u32),
    pub(crate) mtime: Time,
    ctime: Time,
    /// Of a device, which one.
    pub(crate) number: u64,
}

impl InodeMetadata {
    /// Of what has this name; nothing where nobody has it.
    pub(crate) fn at(directory: &OwnedFd, name: &[u8]) -> io::Result<Option<Self>> {
        match rustix::fs::statat(directory, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => Ok(Some(Self::of(&stat))),
            Err(Errno::NOENT) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn of(stat: &Stat) -> Self {
        Self {
            kind: FileKind::of_mode(stat.st_mode),
            device: stat.st_dev,
            inode: stat.st_ino,
            links: stat.st_nlink,
            size: stat.st_size.unsigned_abs(),
            blocks: stat.st_blocks.unsigned_abs(),
            mode: stat.st_mode & 0o7777,
            owner: (stat.st_uid, stat.st_gid),
            mtime: (stat.st_mtime, stat.st_mtime_nsec.cast_signed()),
            ctime: (stat.st_ctime, stat.st_ctime_nsec.cast_signed()),
            number: stat.st_rdev,
        }
    }

    /// Whether nobody has touched the inode since it was the other's copy.
    pub(crate) fn is_untouched(&self, other: &Self) -> bool {
        (self.kind, self.inode, self.size) == (other.kind, other.inode, other.size)
            && (self.mtime, self.ctime) == (other.mtime, other.ctime)
    }

    /// Whether it is the very same inode.
    pub(crate) fn is_inode_of(&self, other: &Self) -> bool {
        (self.device, self.inode) == (other.device, other.inode)
    }

    /// Whether nothing but its names has changed since it was the other.
    pub(crate) fn is_renamed(&self, other: &Self) -> bool {
        let kept = |of: &Self| (of.kind, of.size, of.mtime, of.mode, of.owner);
        self.is_inode_of(other) && kept(self) == kept(other)
    }

    /// Bytes that become free with its name.
    pub(crate) fn takes(&self) -> u64 {
        if self.links > 1 && !self.is_directory() { 0 } else { self.blocks * 512 }
    }

    pub(crate) fn is_directory(&self) -> bool {
        self.kind == FileKind::Directory
    }
}

/// It, held.
pub(crate) struct Node {
    fd: OwnedFd,
    pub(crate) metadata: InodeMetadata,
}

impl Node {
    /// What has this name, and not what is mounted over it; `.` is the directory itself.
    pub(crate) fn open(directory: &OwnedFd, name: &[u8]) -> io::Result<Self> {
        // Only named: no driver answers, and no pipe waits.
        let fd = open_unmounted(directory, name, OFlags::PATH)?;
        let metadata = InodeMetadata::of(&rustix::fs::fstat(&fd)?);
        Ok(Self { fd, metadata })
    }

    /// By this path the kernel finds it, whatever has its name now.
    pub(crate) fn path(&self) -> String {
        by_number(&self.fd)
    }

    pub(crate) const fn fd(&self) -> &OwnedFd {
        &self.fd
    }

    /// A regular file or a directory, to be read.
    pub(crate) fn reader(&self) -> io::Result<File> {
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
        Ok(rustix::fs::open(self.path(), flags, Mode::empty())?.into())
    }

    /// Where a symbolic link leads.
    pub(crate) fn target(&self) -> io::Result<Vec<u8>> {
        Ok(rustix::fs::readlinkat(&self.fd, c"", Vec::new())?.into_bytes())
    }

    pub(crate) fn xattrs(&self) -> io::Result<Xattrs> {
        xattrs::read_open(&self.fd)
    }

    /// Whether its flags forbid that it gets another name.
    pub(crate) fn is_locked(&self) -> io::Result<bool> {
        Ok(self.flags()?.intersects(LOCKS))
    }

    const fn has_flags(&self) -> bool {
        matches!(self.metadata.kind, FileKind::File | FileKind::Directory)
    }

    /// Those flags that a person may set; none where the filesystem has none.
    pub(crate) fn flags(&self) -> io::Result<IFlags> {
        if !self.has_flags() {
            return Ok(IFlags::empty());
        }
        match rustix::fs::ioctl_getflags(self.reader()?) {
            Ok(flags) => Ok(flags & SETTABLE),
            Err(Errno::NOTTY | Errno::OPNOTSUPP | Errno::NOSYS) => Ok(IFlags::empty()),
            Err(error) => Err(error.into()),
        }
    }

    /// Gives it these flags of those that a person may set; what else it has, it keeps.
    pub(crate) fn set_flags(&self, wanted: IFlags) -> io::Result<()> {
        if self.flags()? == wanted {
            return Ok(());
        }
        let file = self.reader()?;
        let others = rustix::fs::ioctl_getflags(&file)?.difference(SETTABLE);
        Ok(rustix::fs::ioctl_setflags(&file, others | wanted)?)
    }

    /// Takes away what forbids a change, and says which flags it had.
    pub(crate) fn unlock(&self) -> io::Result<IFlags> {
        let had = self.flags()?;
        if had.intersects(LOCKS) {
            self.set_flags(had.difference(LOCKS))?;
        }
        Ok(had)
    }

    /// Gives back the flags that it had before it lost a name: under its other names it stays.
    pub(crate) fn lock_again(&self, had: IFlags) -> io::Result<()> {
        if self.metadata.links > 1 && !self.metadata.is_directory() {
            self.set_flags(had)
        } else {
            Ok(())
        }
    }
}
