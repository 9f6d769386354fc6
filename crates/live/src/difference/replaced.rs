//! Which files a repair replaces or removes, by what they are and not by what they are called.

use std::collections::BTreeSet;
use std::path::Path;

use zshield_golden::EntryPath;
use zshield_golden::descent::Descent;

use super::Difference;
use super::side::Side;
use crate::change::Change;
use crate::error::LiveError;

/// A file, whatever its names are: the number of its filesystem's device, and its inode's.
pub type FileId = (u64, u64);

impl Difference {
    /// Which of these files of the system at `to` are replaced or removed, under each of their names.
    pub fn replaced(
        &self,
        to: &Path,
        files: &BTreeSet<FileId>,
    ) -> Result<Vec<(FileId, EntryPath)>, LiveError> {
        let mut names = Vec::new();
        if files.is_empty() {
            return Ok(names);
        }
        let (side, mut tree) = (Side(to), Descent::unmounted(to)?);
        for change in self.changes.iter().filter(|change| change.replaces()) {
            let mut ahead = vec![change.path().clone()];
            while let Some(path) = ahead.pop() {
                // What has gone meanwhile nobody replaces.
                let parent = path.parent().unwrap_or_default();
                let Ok(directory) = tree.directory(&parent) else { continue };
                let name = path.name().unwrap_or(b".");
                let Some(metadata) = side.metadata(&path, Some(&directory), name)? else {
                    continue;
                };
                if files.contains(&(metadata.device, metadata.inode)) {
                    names.push(((metadata.device, metadata.inode), path.clone()));
                }
                if matches!(change, Change::Remove { .. }) && metadata.is_directory() {
                    let Ok(inner) = tree.directory(&path) else { continue };
                    let below = side.listed(&path, &inner)?;
                    ahead.extend(below.iter().rev().filter_map(|name| path.join(name).ok()));
                }
            }
        }
        Ok(names)
    }
}
