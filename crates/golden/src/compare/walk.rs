//! What is in the filesystem, in the manifest's order.

use std::fs::{self, Metadata};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use super::drift::{Difference, Drift, FileKind};
use super::expected::Expected;
use crate::error::{Action, FileError};
use crate::path::EntryPath;

/// Something in the filesystem.
pub(super) struct Found {
    pub(super) path: EntryPath,
    /// Where it is from the process's point of view.
    pub(super) full: PathBuf,
    pub(super) metadata: Metadata,
    /// Another filesystem is mounted here that is not gone into.
    pub(super) is_hidden: bool,
    /// `mkfs` made it, at the top of a filesystem.
    pub(super) made_by_mkfs: bool,
}

impl Found {
    pub(super) fn kind(&self) -> FileKind {
        let kind = self.metadata.file_type();
        if kind.is_dir() {
            FileKind::Directory
        } else if kind.is_symlink() {
            FileKind::Symlink
        } else if kind.is_char_device() {
            FileKind::CharDevice
        } else if kind.is_block_device() {
            FileKind::BlockDevice
        } else if kind.is_fifo() {
            FileKind::Fifo
        } else if kind.is_socket() {
            FileKind::Socket
        } else {
            FileKind::File
        }
    }

    pub(super) fn identity(&self) -> (u64, u64) {
        (self.metadata.dev(), self.metadata.ino())
    }

    pub(super) fn size(&self) -> u64 {
        self.metadata.len()
    }

    pub(super) fn links(&self) -> u64 {
        self.metadata.nlink()
    }
}

/// Yields what it finds, ascending. A folder's content comes only if [`Walk::enter`] is called
/// for it before the next one is asked for.
pub(super) struct Walk<'a> {
    root: &'a Path,
    expected: &'a Expected,
    /// Names still to come, the next one last; with the device of their folder.
    ahead: Vec<(EntryPath, u64)>,
    /// What is wrong with the folder entered last.
    trouble: Option<Drift>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(root: &'a Path, expected: &'a Expected) -> Result<Self, FileError> {
        let device = fs::metadata(root).map_err(FileError::at(Action::Read, root))?.dev();
        let ahead = vec![(EntryPath::root(), device)];
        Ok(Self { root, expected, ahead, trouble: None })
    }

    /// Goes into a folder.
    pub(super) fn enter(&mut self, folder: &Found) {
        match listing(&folder.full, &folder.path) {
            Ok(mut names) => {
                names.sort_by(|one, other| other.cmp(one));
                let device = folder.metadata.dev();
                self.ahead.extend(names.into_iter().map(|name| (name, device)));
            }
            Err(error) => self.trouble = Some(unreadable(&folder.path, &error)),
        }
    }

    fn look(&self, path: EntryPath, folder_device: u64) -> Result<Found, Drift> {
        let full = self.root.join(path.as_path());
        // The root itself may be reached through a link; nothing below it.
        let metadata =
            if path.is_root() { fs::metadata(self.root) } else { fs::symlink_metadata(&full) };
        let metadata = metadata.map_err(|error| unreadable(&path, &error))?;
        let is_mount = metadata.dev() != folder_device;
        let is_hidden = is_mount && !self.expected.is_entered(&path);
        let made_by_mkfs = path.name() == Some(b"lost+found")
            && path
                .parent()
                .is_some_and(|folder| folder.is_root() || self.expected.is_entered(&folder));
        Ok(Found { path, full, metadata, is_hidden, made_by_mkfs })
    }
}

impl Iterator for Walk<'_> {
    type Item = Result<Found, Drift>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(drift) = self.trouble.take() {
            return Some(Err(drift));
        }
        let (path, device) = self.ahead.pop()?;
        Some(self.look(path, device))
    }
}

fn listing(full: &Path, folder: &EntryPath) -> std::io::Result<Vec<EntryPath>> {
    fs::read_dir(full)?
        .map(|entry| folder.join(entry?.file_name().as_bytes()).map_err(std::io::Error::other))
        .collect()
}

pub(super) fn unreadable(path: &EntryPath, error: &std::io::Error) -> Drift {
    let difference = Difference::Unreadable { reason: error.to_string() };
    Drift { path: path.clone(), difference }
}
