//! Where a comparison has from what there is.

use super::drift::Drift;
use super::file_metadata::FileMetadata;
use crate::path::EntryPath;

/// Something in a filesystem.
#[derive(Clone, Debug)]
pub struct Found {
    /// Where.
    pub path: EntryPath,
    /// What it is.
    pub metadata: FileMetadata,
    /// Another filesystem is mounted here that is not gone into.
    pub is_hidden: bool,
    /// `mkfs` made it, at the top of a filesystem.
    pub made_by_mkfs: bool,
    /// It has not been written to since it was proved to be the manifest's: where its metadata still
    /// are, its content and extended attributes are too.
    pub is_settled: bool,
}

/// A filesystem that yields what is in it, ascending. A directory's content comes only if it is
/// entered before the next one is asked for.
pub trait FileTree {
    /// The next thing, or why a directory can't be listed.
    fn next(&mut self) -> Option<Result<Found, Drift>>;

    /// Goes into a directory.
    fn enter(&mut self, directory: &Found);
}
