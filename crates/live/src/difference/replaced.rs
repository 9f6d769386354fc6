//! Which files a repair replaces or removes, by what they are and not by what they are called.

use std::collections::BTreeSet;
use std::os::fd::OwnedFd;
use std::path::Path;

use zshield_golden::EntryPath;
use zshield_golden::descent::Descent;

use super::Difference;
use super::side::Side;
use crate::change::Change;
use crate::error::LiveError;
use crate::node::InodeMetadata;

/// A file, whatever its names are: the number of its filesystem's device, and its inode's.
pub type FileId = (u64, u64);

impl Difference {
    /// Which of these files of the system at `to` are replaced or removed, under each of their names.
    pub fn replaced(
        &self,
        to: &Path,
        files: &BTreeSet<FileId>,
    ) -> Result<Vec<(FileId, EntryPath)>, LiveError> {
        let mut found = Found { side: Side(to), files, names: Vec::new() };
        if files.is_empty() {
            return Ok(found.names);
        }
        let mut tree = Descent::unmounted(to)?;
        for change in self.changes.iter().filter(|change| change.replaces()) {
            let path = change.path();
            // What has gone meanwhile nobody replaces.
            let Ok(directory) = tree.directory(&path.parent().unwrap_or_default()) else {
                continue;
            };
            let below = matches!(change, Change::Remove { .. });
            found.look(&directory, path.name().unwrap_or(b"."), path, below)?;
        }
        Ok(found.names)
    }
}

struct Found<'a> {
    side: Side<'a>,
    files: &'a BTreeSet<FileId>,
    names: Vec<(FileId, EntryPath)>,
}

impl Found<'_> {
    fn look(
        &mut self,
        directory: &OwnedFd,
        name: &[u8],
        path: &EntryPath,
        below: bool,
    ) -> Result<(), LiveError> {
        let Some(metadata) = self.side.metadata(path, Some(directory), name)? else {
            return Ok(());
        };
        let InodeMetadata { device, inode, .. } = metadata;
        if self.files.contains(&(device, inode)) {
            self.names.push(((device, inode), path.clone()));
        }
        if !below || !metadata.is_directory() {
            return Ok(());
        }
        let Some(inner) = self.side.opened(path, directory, name)?.directory() else {
            return Ok(());
        };
        for name in self.side.listed(path, &inner)? {
            self.look(&inner, &name, &path.join(&name)?, true)?;
        }
        Ok(())
    }
}
