//! An entry is made in a directory.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs::File as Written;
use std::io;
use std::os::fd::{AsFd, AsRawFd as _, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{
    AtFlags, FileType, IFlags, Mode, OFlags, Timespec, Timestamps, UTIME_OMIT, XattrFlags,
};
use rustix::io::Errno;
use rustix::process::{Gid, Uid};

use super::{GetError, Got};
use crate::read::{Entry, File, Kind, Trees};

/// Written at a time.
const PIECE: u64 = 1 << 20;

/// Entries being made.
pub(super) struct Work<'a> {
    trees: &'a Trees,
    pub(super) got: Got,
    /// The first name of each file with several, below what is made.
    linked: HashMap<(u64, u64), Vec<u8>>,
    /// What is made.
    top: PathBuf,
    /// What it is going to be.
    place: PathBuf,
}

/// A path by which the kernel finds a name in an open directory, however deep that is.
pub(super) fn within(directory: impl AsFd, name: &[u8]) -> PathBuf {
    let own = format!("/proc/self/fd/{}", directory.as_fd().as_raw_fd());
    PathBuf::from(own).join(OsStr::from_bytes(name))
}

fn below(top: &Path, path: &[u8]) -> PathBuf {
    if path.is_empty() { top.to_owned() } else { top.join(OsStr::from_bytes(path)) }
}

fn joined(path: &[u8], name: &[u8]) -> Vec<u8> {
    if path.is_empty() { name.to_vec() } else { [path, b"/", name].concat() }
}

impl<'a> Work<'a> {
    pub(super) fn new(trees: &'a Trees, top: PathBuf, place: PathBuf) -> Self {
        Self { trees, got: Got::default(), linked: HashMap::new(), top, place }
    }

    fn failed(&self, path: &[u8]) -> impl Fn(io::Error) -> GetError + use<> {
        let place = below(&self.place, path);
        move |error| GetError::Write(place.clone(), error)
    }

    /// Makes an entry under a name. `path` is where it is below the first one.
    pub(super) fn make(
        &mut self,
        directory: &OwnedFd,
        name: &[u8],
        entry: &Entry,
        path: &[u8],
    ) -> Result<(), GetError> {
        let place = within(directory, name);
        let failed = self.failed(path);
        if self.link(&place, entry, path).map_err(&failed)? {
            return Ok(());
        }
        let device = |kind, number| {
            rustix::fs::mknodat(directory, name, kind, Mode::RUSR, number).map_err(io::Error::from)
        };
        match &entry.kind {
            Kind::File(_) => self.file(directory, name, entry, path)?,
            Kind::Directory(tree) => self.directory(directory, name, *tree, path)?,
            Kind::Symlink(target) => {
                rustix::fs::symlinkat(target.as_slice(), directory, name)
                    .map_err(|error| failed(error.into()))?;
            }
            Kind::Block(number) => device(FileType::BlockDevice, *number).map_err(&failed)?,
            Kind::Char(number) => device(FileType::CharacterDevice, *number).map_err(&failed)?,
            Kind::Fifo => device(FileType::Fifo, 0).map_err(&failed)?,
            Kind::Socket => device(FileType::Socket, 0).map_err(&failed)?,
        }
        attributes(&place, entry).map_err(failed)?;
        self.got.names += 1;
        Ok(())
    }

    /// Whether it is another name of something that was made.
    fn link(&mut self, place: &Path, entry: &Entry, path: &[u8]) -> io::Result<bool> {
        if entry.links < 2 || entry.is_directory() || entry.inode == 0 {
            return Ok(false);
        }
        let of = (entry.filesystem, entry.inode);
        let Some(first) = self.linked.get(&of) else {
            self.linked.insert(of, path.to_vec());
            return Ok(false);
        };
        match std::fs::hard_link(below(&self.top, first), place) {
            // What could not be read then can't be read now, and no path names what lies too deep: it is made once more.
            Err(error)
                if matches!(
                    Errno::from_io_error(&error),
                    Some(Errno::NOENT | Errno::NAMETOOLONG)
                ) =>
            {
                return Ok(false);
            }
            linked => linked?,
        }
        self.got.names += 1;
        Ok(true)
    }

    fn file(
        &mut self,
        directory: &OwnedFd,
        name: &[u8],
        entry: &Entry,
        path: &[u8],
    ) -> Result<(), GetError> {
        let contents = self.trees.contents();
        let file = File::new(contents, entry)?;
        let failed = self.failed(path);
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
        let opened = rustix::fs::openat(directory, name, flags, Mode::RUSR | Mode::WUSR);
        let written = Written::from(opened.map_err(|error| failed(error.into()))?);
        let mut at = 0;
        // What is not written is a hole.
        while let Some(from) = file.data_from(at) {
            let bytes = file.read(contents, from..from + PIECE)?;
            written.write_all_at(&bytes, from).map_err(&failed)?;
            at = from + bytes.len() as u64;
        }
        written.set_len(file.size()).map_err(&failed)?;
        self.got.bytes += file.size();
        Ok(())
    }

    fn directory(
        &mut self,
        directory: &OwnedFd,
        name: &[u8],
        tree: crate::store::ObjectName,
        path: &[u8],
    ) -> Result<(), GetError> {
        let failed = self.failed(path);
        let tree = self.trees.tree(tree)?;
        rustix::fs::mkdirat(directory, name, Mode::RWXU).map_err(|error| failed(error.into()))?;
        let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let opened = rustix::fs::openat(directory, name, flags, Mode::empty());
        let opened = opened.map_err(|error| failed(error.into()))?;
        for entry in tree.entries() {
            let below: Vec<u8> = joined(path, &entry.name);
            match self.make(&opened, &entry.name, entry, &below) {
                Err(GetError::Read(error)) if error.is_damage() => {
                    // The part of a file that was whole is not the file.
                    match rustix::fs::unlinkat(&opened, entry.name.as_slice(), AtFlags::empty()) {
                        Ok(()) | Err(Errno::NOENT) => {}
                        Err(error) => return Err(failed(error.into())),
                    }
                    self.got.damaged.push((below, error));
                }
                other => other?,
            }
        }
        Ok(())
    }
}

/// Gives all that an entry has beside its content.
fn attributes(place: &Path, entry: &Entry) -> io::Result<()> {
    let nofollow = AtFlags::SYMLINK_NOFOLLOW;
    let cwd = rustix::fs::CWD;
    let (user, group) = (Uid::from_raw(entry.uid), Gid::from_raw(entry.gid));
    rustix::fs::chownat(cwd, place, Some(user), Some(group), nofollow)?;
    let is_link = matches!(entry.kind, Kind::Symlink(_));
    // After the owner, which takes setuid away; before the ACL, which has a say in the mode.
    if !is_link {
        rustix::fs::chmod(place, Mode::from_raw_mode(entry.mode))?;
    }
    for (name, value) in &entry.xattrs {
        rustix::fs::lsetxattr(place, name.as_slice(), value, XattrFlags::empty())?;
    }
    let times = Timestamps {
        last_access: Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT },
        last_modification: Timespec {
            tv_sec: entry.mtime.seconds,
            tv_nsec: entry.mtime.nanoseconds.into(),
        },
    };
    rustix::fs::utimensat(cwd, place, &times, nofollow)?;
    flags(place, entry)
}

/// What `chattr` sets, but for what would forbid the renaming at the end, and whatever a person wants to do
/// with what he took out.
fn flags(place: &Path, entry: &Entry) -> io::Result<()> {
    const SETTABLE: IFlags =
        IFlags::NODUMP.union(IFlags::NOATIME).union(IFlags::SYNC).union(IFlags::DIRSYNC);
    if entry.flags == 0 || !matches!(entry.kind, Kind::File(_) | Kind::Directory(_)) {
        return Ok(());
    }
    let wanted = IFlags::from_bits_retain(entry.flags) & SETTABLE;
    let file = std::fs::File::open(place)?;
    let had = rustix::fs::ioctl_getflags(&file)?;
    Ok(rustix::fs::ioctl_setflags(&file, had | wanted)?)
}
