//! What is in a filesystem, as the system itself shows it.

use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use super::drift::{Difference, Drift};
use super::file_metadata::FileMetadata;
use super::file_tree::{FileTree, Found};
use super::scope::Scope;
use crate::error::{Action, FileError};
use crate::path::EntryPath;

/// A filesystem through the system's own calls.
pub struct Walk<'a> {
    root: &'a Path,
    scope: &'a dyn Scope,
    /// Names still to come, the next one last; with the device of their directory.
    ahead: Vec<(EntryPath, u64)>,
    /// What is wrong with the directory entered last.
    trouble: Option<Drift>,
}

impl<'a> Walk<'a> {
    /// All that is below `root`, and in what is mounted there as far as the scope has it entered.
    pub fn new(root: &'a Path, scope: &'a dyn Scope) -> Result<Self, FileError> {
        let device = fs::metadata(root).map_err(FileError::at(Action::Read, root))?.dev();
        let ahead = vec![(EntryPath::root(), device)];
        Ok(Self { root, scope, ahead, trouble: None })
    }

    /// Nothing, until something is [entered](Tree::enter).
    pub const fn idle(root: &'a Path, scope: &'a dyn Scope) -> Self {
        Self { root, scope, ahead: Vec::new(), trouble: None }
    }

    /// What is at a path, in a directory on the filesystem with this number.
    pub fn look(&self, path: EntryPath, directory_device: u64) -> std::io::Result<Found> {
        // The root itself may be reached through a link; nothing below it.
        let metadata = if path.is_root() {
            FileMetadata::of_metadata(fs::metadata(self.root))
        } else {
            FileMetadata::of(&self.root.join(path.as_path()))
        }?;
        let is_mount = metadata.identity.0 != directory_device;
        let is_hidden = is_mount && !self.scope.is_entered(&path);
        let made_by_mkfs = path.name() == Some(b"lost+found")
            && path
                .parent()
                .is_some_and(|directory| directory.is_root() || self.scope.is_entered(&directory));
        Ok(Found { path, metadata, is_hidden, made_by_mkfs, is_settled: false })
    }
}

impl FileTree for Walk<'_> {
    fn next(&mut self) -> Option<Result<Found, Drift>> {
        if let Some(drift) = self.trouble.take() {
            return Some(Err(drift));
        }
        loop {
            let (path, device) = self.ahead.pop()?;
            match self.look(path.clone(), device) {
                Ok(found) => return Some(Ok(found)),
                // It has gone since its directory was listed.
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => return Some(Err(unreadable(&path, &error))),
            }
        }
    }

    fn enter(&mut self, directory: &Found) {
        match listing(&self.root.join(directory.path.as_path()), &directory.path) {
            Ok(mut names) => {
                names.sort_by(|one, other| other.cmp(one));
                let device = directory.metadata.identity.0;
                self.ahead.extend(names.into_iter().map(|name| (name, device)));
            }
            Err(error) => self.trouble = Some(unreadable(&directory.path, &error)),
        }
    }
}

fn listing(full: &Path, directory: &EntryPath) -> std::io::Result<Vec<EntryPath>> {
    fs::read_dir(full)?
        .map(|entry| directory.join(entry?.file_name().as_bytes()).map_err(std::io::Error::other))
        .collect()
}

/// That something can't be read, as a drift.
pub fn unreadable(path: &EntryPath, error: &std::io::Error) -> Drift {
    let difference = Difference::Unreadable { reason: error.to_string() };
    Drift { path: path.clone(), difference }
}
