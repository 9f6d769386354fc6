//! What a filesystem says of a file, contents and extended attributes aside.

use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use rustix::fs::{AtFlags, CWD, FileType, Statx, StatxAttributes, StatxFlags};
use zshield_units::UnixTime;

use super::drift::FileKind;

/// What is known of a file by its inode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileMetadata {
    /// What it is.
    pub kind: FileKind,
    /// The lower 12 bits of `st_mode`.
    pub mode: u16,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// Bytes.
    pub size: u64,
    /// Time of the last change of the content, seconds since 1970.
    pub mtime: UnixTime,
    /// How many names it has.
    pub links: u64,
    /// Of a device: major and minor.
    pub device: (u32, u32),
    /// Filesystem and inode.
    pub identity: (u64, u64),
    /// Whether it was made immutable, or one that can only be appended to (`chattr +i`, `+a`).
    pub is_locked: bool,
}

impl FileMetadata {
    /// What is at a path; a link is not followed.
    pub fn of(path: &Path) -> io::Result<Self> {
        match rustix::fs::statx(CWD, path, AtFlags::SYMLINK_NOFOLLOW, StatxFlags::BASIC_STATS) {
            Ok(found) => Ok(Self::of_statx(&found)),
            // Before Linux 4.11, which tells nothing of what is locked.
            Err(rustix::io::Errno::NOSYS) => Self::of_metadata(fs::symlink_metadata(path)),
            Err(error) => Err(error.into()),
        }
    }

    pub(super) fn of_metadata(metadata: io::Result<Metadata>) -> io::Result<Self> {
        let metadata = metadata?;
        Ok(Self {
            kind: FileKind::of_mode(metadata.mode()),
            mode: (metadata.mode() & 0o7777) as u16,
            uid: metadata.uid(),
            gid: metadata.gid(),
            size: metadata.len(),
            mtime: UnixTime(metadata.mtime()),
            links: metadata.nlink(),
            device: (rustix::fs::major(metadata.rdev()), rustix::fs::minor(metadata.rdev())),
            identity: (metadata.dev(), metadata.ino()),
            is_locked: false,
        })
    }

    fn of_statx(found: &Statx) -> Self {
        let locked = StatxAttributes::IMMUTABLE | StatxAttributes::APPEND;
        Self {
            kind: FileKind::of_mode(found.stx_mode.into()),
            mode: found.stx_mode & 0o7777,
            uid: found.stx_uid,
            gid: found.stx_gid,
            size: found.stx_size,
            mtime: UnixTime(found.stx_mtime.tv_sec),
            links: found.stx_nlink.into(),
            device: (found.stx_rdev_major, found.stx_rdev_minor),
            identity: (
                rustix::fs::makedev(found.stx_dev_major, found.stx_dev_minor),
                found.stx_ino,
            ),
            is_locked: found.stx_attributes.intersects(locked),
        }
    }
}

impl FileKind {
    /// The kind of a whole `st_mode`.
    pub fn of_mode(mode: u32) -> Self {
        match FileType::from_raw_mode(mode) {
            FileType::Directory => Self::Directory,
            FileType::Symlink => Self::Symlink,
            FileType::CharacterDevice => Self::CharDevice,
            FileType::BlockDevice => Self::BlockDevice,
            FileType::Fifo => Self::Fifo,
            FileType::Socket => Self::Socket,
            _ => Self::File,
        }
    }
}
