//! An entry, as the kernel wants to know it.

use std::time::{Duration, SystemTime};

use fuser::{FileAttr, FileType, INodeNo};

use crate::read::{Contents, Entry, File, Kind, Time};

/// What the kernel counts and gives room in.
pub(super) const BLOCK: u32 = 4096;

pub(super) const fn kind(entry: &Entry) -> FileType {
    match entry.kind {
        Kind::File(_) => FileType::RegularFile,
        Kind::Directory(_) => FileType::Directory,
        Kind::Symlink(_) => FileType::Symlink,
        Kind::Block(_) => FileType::BlockDevice,
        Kind::Char(_) => FileType::CharDevice,
        Kind::Fifo => FileType::NamedPipe,
        Kind::Socket => FileType::Socket,
    }
}

pub(super) fn attributes(number: u64, entry: &Entry, contents: &Contents) -> FileAttr {
    let (size, occupied) = match &entry.kind {
        // What can't be read has at least the size that was noted.
        Kind::File(_) => File::new(contents, entry)
            .map_or((entry.size, entry.size), |file| (file.size(), file.occupied())),
        Kind::Symlink(target) => (target.len() as u64, 0),
        Kind::Directory(_) => (u64::from(BLOCK), u64::from(BLOCK)),
        Kind::Block(_) | Kind::Char(_) | Kind::Fifo | Kind::Socket => (0, 0),
    };
    let device = match entry.kind {
        Kind::Block(number) | Kind::Char(number) => number,
        Kind::File(_) | Kind::Directory(_) | Kind::Symlink(_) | Kind::Fifo | Kind::Socket => 0,
    };
    let mtime = moment(entry.mtime);
    FileAttr {
        ino: INodeNo(number),
        size,
        blocks: occupied.div_ceil(u64::from(BLOCK)) * u64::from(BLOCK / 512),
        atime: mtime,
        mtime,
        ctime: moment(entry.ctime),
        crtime: mtime,
        kind: kind(entry),
        perm: u16::try_from(entry.mode & 0o7777).unwrap_or(0),
        nlink: u32::try_from(entry.links).unwrap_or(u32::MAX).max(1),
        uid: entry.uid,
        gid: entry.gid,
        // The kernel's own two forms of it differ above these bits only.
        rdev: u32::try_from(device).unwrap_or(0),
        blksize: BLOCK,
        flags: 0,
    }
}

fn moment(time: Time) -> SystemTime {
    let seconds = Duration::from_secs(time.seconds.unsigned_abs());
    let whole = if time.seconds < 0 {
        SystemTime::UNIX_EPOCH.checked_sub(seconds)
    } else {
        SystemTime::UNIX_EPOCH.checked_add(seconds)
    };
    whole.unwrap_or(SystemTime::UNIX_EPOCH) + Duration::from_nanos(time.nanoseconds.into())
}
