//! Folders opened name by name.

use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{AtFlags, Mode, OFlags};

use super::UnpackError;
use crate::error::{Action, FileError};
use crate::path::EntryPath;

/// The way from a root to the folder in use, all of it open. Symbolic links are never followed.
pub(super) struct Descent {
    name: PathBuf,
    root: Arc<OwnedFd>,
    open: Vec<(Vec<u8>, Arc<OwnedFd>)>,
}

impl Descent {
    /// `name` is for errors.
    pub(super) fn new(name: &Path, root: Arc<OwnedFd>) -> Self {
        Self { name: name.to_owned(), root, open: Vec::new() }
    }

    pub(super) fn name(&self) -> &Path {
        &self.name
    }

    /// The folder at this path. What it has in common with the one asked for before stays open.
    pub(super) fn folder(&mut self, path: &EntryPath) -> Result<Arc<OwnedFd>, UnpackError> {
        let common =
            self.open.iter().zip(path.names()).take_while(|((have, _), want)| have == want).count();
        self.open.truncate(common);
        for name in path.names().skip(common) {
            let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            let folder = rustix::fs::openat(self.last(), name, flags, Mode::empty())
                .map_err(FileError::at(Action::Read, self.name.join(path.as_path())))?;
            self.open.push((name.to_vec(), Arc::new(folder)));
        }
        Ok(Arc::clone(self.last()))
    }

    fn last(&self) -> &Arc<OwnedFd> {
        self.open.last().map_or(&self.root, |(_, folder)| folder)
    }

    /// Gives the file `to` another name.
    pub(super) fn link(&mut self, path: &EntryPath, to: &EntryPath) -> Result<(), UnpackError> {
        let from_folder = self.folder(&to.parent().unwrap_or_default())?;
        let folder = self.folder(&path.parent().unwrap_or_default())?;
        let (from, name) = (to.name().unwrap_or_default(), path.name().unwrap_or_default());
        rustix::fs::linkat(from_folder, from, folder, name, AtFlags::empty()).map_err(|error| {
            if error == rustix::io::Errno::EXIST {
                return UnpackError::Occupied { path: path.clone() };
            }
            FileError::at(Action::Create, self.name.join(path.as_path()))(error).into()
        })
    }
}
