//! One of the two trees, as the walk looks into it.

use std::collections::BTreeSet;
use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::io::Errno;
use zshield_golden::descent::{listing, open_directory};
use zshield_golden::{Action, EntryPath, FileError};

use crate::node::InodeMetadata;

/// A tree, by the name of its root, which errors begin with.
#[derive(Clone, Copy)]
pub(super) struct Side<'a>(pub(super) &'a Path);

impl Side<'_> {
    fn failed<E: Into<io::Error>>(self, path: &EntryPath) -> impl FnOnce(E) -> FileError {
        FileError::at(Action::Read, self.0.join(path.as_path()))
    }

    /// The root's own metadata.
    pub(super) fn root(self, directory: &OwnedFd) -> Result<InodeMetadata, FileError> {
        let metadata = InodeMetadata::at(directory, b".")
            .and_then(|metadata| metadata.ok_or_else(|| io::ErrorKind::NotFound.into()));
        metadata.map_err(self.failed(&EntryPath::root()))
    }

    pub(super) fn listed(
        self,
        path: &EntryPath,
        directory: &OwnedFd,
    ) -> Result<BTreeSet<Vec<u8>>, FileError> {
        listing(directory).map_err(self.failed(path))
    }

    pub(super) fn metadata(
        self,
        path: &EntryPath,
        directory: Option<&OwnedFd>,
        name: &[u8],
    ) -> Result<Option<InodeMetadata>, FileError> {
        let Some(directory) = directory else { return Ok(None) };
        InodeMetadata::at(directory, name).map_err(self.failed(path))
    }

    pub(super) fn opened(
        self,
        path: &EntryPath,
        directory: &OwnedFd,
        name: &[u8],
    ) -> Result<Opened, FileError> {
        match open_directory(directory, name) {
            Ok(_) => Ok(Opened::Directory),
            Err(error) if error.kind() == io::ErrorKind::CrossesDevices => Ok(Opened::Mounted),
            Err(error) => match Errno::from_io_error(&error) {
                Some(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) => Ok(Opened::Gone),
                _ => Err(self.failed(path)(error)),
            },
        }
    }
}

/// What came of opening a directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Opened {
    /// It can be entered.
    Directory,
    /// Something is mounted there.
    Mounted,
    /// It has gone meanwhile, for the system runs.
    Gone,
}
