//! Making files and giving them their attributes.

use std::io;
use std::os::fd::{AsFd, AsRawFd as _, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{
    AtFlags, FileType, Gid, Mode, OFlags, Timespec, Timestamps, UTIME_OMIT, Uid, XattrFlags,
};
use rustix::io::Errno;

use super::{UnpackError, umask};
use crate::error::{Action, FileError};
use crate::manifest::{Attributes, DeviceNumber, Kind};
use crate::path::EntryPath;
use crate::xattrs;

/// What creation gives by itself, so that only the rest need be set.
pub(super) struct Creator {
    target: PathBuf,
    umask: u16,
    owner: (u32, u32),
}

impl Creator {
    pub(super) fn new(target: &Path) -> Self {
        let owner = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
        Self { target: target.to_owned(), umask: umask(), owner }
    }

    /// A closure that names the file an error happened to.
    pub(super) fn failed(&self, path: &EntryPath) -> impl Fn(io::Error) -> UnpackError {
        let path = path.clone();
        let full = self.target.join(path.as_path());
        move |error| match error.kind() {
            io::ErrorKind::AlreadyExists => UnpackError::Occupied { path: path.clone() },
            _ => FileError::at(Action::Create, &full)(error).into(),
        }
    }

    /// A new empty file, open for writing.
    pub(super) fn file(
        &self,
        directory: &OwnedFd,
        path: &EntryPath,
        attributes: &Attributes,
    ) -> Result<OwnedFd, UnpackError> {
        let flags = OFlags::WRONLY
            | OFlags::CREATE
            | OFlags::EXCL
            | OFlags::NOFOLLOW
            | OFlags::NOCTTY
            | OFlags::CLOEXEC;
        // Setuid and the like come last: a change of owner would take them away again.
        let mode = Mode::from_raw_mode(u32::from(attributes.mode & 0o777));
        rustix::fs::openat(directory, path.name().unwrap_or_default(), flags, mode)
            .map_err(|error| self.failed(path)(error.into()))
    }

    /// Makes a directory for the time of unpacking; false if there is one already.
    pub(super) fn directory(
        &self,
        parent: &OwnedFd,
        path: &EntryPath,
    ) -> Result<bool, UnpackError> {
        match rustix::fs::mkdirat(parent, path.name().unwrap_or_default(), Mode::RWXU) {
            Ok(()) => Ok(true),
            // Opening it will tell whether it is a directory.
            Err(Errno::EXIST) => Ok(false),
            Err(error) => Err(self.failed(path)(error.into())),
        }
    }

    /// Makes a directory that was there one like any that is made here.
    pub(super) fn renew(&self, directory: &OwnedFd, path: &EntryPath) -> Result<(), UnpackError> {
        let renew = || {
            let (uid, gid) = (Uid::from_raw(self.owner.0), Gid::from_raw(self.owner.1));
            rustix::fs::fchown(directory, Some(uid), Some(gid))?;
            rustix::fs::fchmod(directory, Mode::RWXU)?;
            // A label every file gets, and nobody can take it away.
            let found = xattrs::read_open(directory)?;
            for name in found.keys().filter(|name| *name != xattrs::LABEL.as_bytes()) {
                rustix::fs::fremovexattr(directory, name.as_slice())?;
            }
            Ok(())
        };
        renew().map_err(self.failed(path))
    }

    /// Gives a finished file what its creation did not.
    pub(super) fn set_file(
        &self,
        file: impl AsFd,
        path: &EntryPath,
        attributes: &Attributes,
    ) -> Result<(), UnpackError> {
        let special = attributes.mode & (0o7000 | self.umask) != 0;
        self.set_open(file, attributes, special).map_err(self.failed(path))
    }

    /// Gives a directory all its attributes.
    pub(super) fn set_directory(
        &self,
        directory: &OwnedFd,
        path: &EntryPath,
        attributes: &Attributes,
    ) -> Result<(), UnpackError> {
        self.set_open(directory, attributes, true).map_err(self.failed(path))
    }

    fn set_open(&self, file: impl AsFd, attributes: &Attributes, chmod: bool) -> io::Result<()> {
        if let Some((uid, gid)) = self.other_owner(attributes) {
            rustix::fs::fchown(&file, Some(uid), Some(gid))?;
        }
        if chmod {
            rustix::fs::fchmod(&file, mode(attributes))?;
        }
        for (name, value) in &attributes.xattrs {
            rustix::fs::fsetxattr(&file, name.as_slice(), value, XattrFlags::empty())?;
        }
        Ok(rustix::fs::futimens(&file, &times(attributes))?)
    }

    /// Makes a link, device, pipe or socket.
    pub(super) fn special(
        &self,
        directory: &OwnedFd,
        path: &EntryPath,
        attributes: &Attributes,
        kind: &Kind,
    ) -> Result<(), UnpackError> {
        let name = path.name().unwrap_or_default();
        make_special(directory, name, attributes, kind)
            .and_then(|()| self.set_named(directory, name, attributes, kind))
            .map_err(self.failed(path))
    }

    /// Attributes of what can't be opened: a device's driver would answer, a pipe would wait.
    fn set_named(
        &self,
        directory: &OwnedFd,
        name: &[u8],
        attributes: &Attributes,
        kind: &Kind,
    ) -> io::Result<()> {
        if let Some((uid, gid)) = self.other_owner(attributes) {
            let flags = AtFlags::SYMLINK_NOFOLLOW;
            rustix::fs::chownat(directory, name, Some(uid), Some(gid), flags)?;
        }
        let special = attributes.mode & (0o7000 | self.umask) != 0;
        if special && !matches!(kind, Kind::Symlink { .. }) {
            rustix::fs::chmodat(directory, name, mode(attributes), AtFlags::empty())?;
        }
        if !attributes.xattrs.is_empty() {
            // There is no call for this by directory and name; the last name is not followed.
            let number = directory.as_fd().as_raw_fd();
            let path = [format!("/proc/self/fd/{number}/").as_bytes(), name].concat();
            for (name, value) in &attributes.xattrs {
                let flags = XattrFlags::empty();
                rustix::fs::lsetxattr(path.as_slice(), name.as_slice(), value, flags)?;
            }
        }
        let flags = AtFlags::SYMLINK_NOFOLLOW;
        Ok(rustix::fs::utimensat(directory, name, &times(attributes), flags)?)
    }

    /// The owner, unless creation gives it already.
    fn other_owner(&self, attributes: &Attributes) -> Option<(Uid, Gid)> {
        let owner = (attributes.uid, attributes.gid);
        (owner != self.owner).then(|| (Uid::from_raw(owner.0), Gid::from_raw(owner.1)))
    }
}

fn make_special(
    directory: &OwnedFd,
    name: &[u8],
    attributes: &Attributes,
    kind: &Kind,
) -> io::Result<()> {
    let (file_type, device) = match kind {
        Kind::Symlink { target } => {
            return Ok(rustix::fs::symlinkat(target.as_slice(), directory, name)?);
        }
        Kind::CharDevice(number) => (FileType::CharacterDevice, makedev(*number)),
        Kind::BlockDevice(number) => (FileType::BlockDevice, makedev(*number)),
        Kind::Fifo => (FileType::Fifo, 0),
        Kind::Socket => (FileType::Socket, 0),
        Kind::File { .. } | Kind::Directory => return Err(Errno::INVAL.into()),
    };
    Ok(rustix::fs::mknodat(directory, name, file_type, mode(attributes), device)?)
}

fn mode(attributes: &Attributes) -> Mode {
    Mode::from_raw_mode(u32::from(attributes.mode))
}

fn makedev(number: DeviceNumber) -> u64 {
    rustix::fs::makedev(number.major, number.minor)
}

fn times(attributes: &Attributes) -> Timestamps {
    Timestamps {
        last_access: Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT },
        last_modification: Timespec { tv_sec: attributes.mtime.0, tv_nsec: 0 },
    }
}
