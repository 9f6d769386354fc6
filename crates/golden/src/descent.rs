//! Folders opened name by name.

use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{Mode, OFlags};

use crate::error::{Action, FileError};
use crate::path::EntryPath;

/// The way from a root to the folder in use, all of it open. Symbolic links are never followed.
#[derive(Debug)]
pub struct Descent {
    name: PathBuf,
    root: Arc<OwnedFd>,
    open: Vec<(Vec<u8>, Arc<OwnedFd>)>,
}

impl Descent {
    /// A way that begins at this folder.
    pub fn from(root: &Path) -> Result<Self, FileError> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let opened = rustix::fs::open(root, flags, Mode::empty());
        let opened = opened.map_err(FileError::at(Action::Read, root))?;
        Ok(Self { name: root.to_owned(), root: Arc::new(opened), open: Vec::new() })
    }

    /// The root's own name, for errors.
    pub fn name(&self) -> &Path {
        &self.name
    }

    /// The root itself.
    pub fn root(&self) -> &Arc<OwnedFd> {
        &self.root
    }

    /// The folder at this path. What it has in common with the one asked for before stays open.
    pub fn folder(&mut self, path: &EntryPath) -> Result<Arc<OwnedFd>, FileError> {
        let common =
            self.open.iter().zip(path.names()).take_while(|((have, _), want)| have == want).count();
        self.open.truncate(common);
        for name in path.names().skip(common) {
            let folder = open_folder(self.last(), name)
                .map_err(FileError::at(Action::Read, self.name.join(path.as_path())))?;
            self.open.push((name.to_vec(), Arc::new(folder)));
        }
        Ok(Arc::clone(self.last()))
    }

    fn last(&self) -> &Arc<OwnedFd> {
        self.open.last().map_or(&self.root, |(_, folder)| folder)
    }
}

/// Opens one folder in another, and nothing that only leads to one.
pub fn open_folder(folder: &OwnedFd, name: &[u8]) -> rustix::io::Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    rustix::fs::openat(folder, name, flags, Mode::empty())
}
