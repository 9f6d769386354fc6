//! One thing against its entry.

use std::io;
use std::path::Path;

use super::drift::{Difference, FileKind};
use super::file_metadata::FileMetadata;
use super::scope::Regard;
use super::{hash, inspect};
use crate::manifest::{Attributes, Kind};
use crate::xattrs::LABEL;

/// Whether what is at a path is all that its entry says, content included. A label that the entry
/// does not have is the machine's.
pub(crate) fn is_whole(full: &Path, attributes: &Attributes, kind: &Kind) -> io::Result<bool> {
    let found = FileMetadata::of(full)?;
    if found.kind != FileKind::of(kind)
        || !inspect::metadata(attributes, kind, &found, Regard::Whole).is_empty()
    {
        return Ok(false);
    }
    let own_label = Difference::Xattrs { names: vec![LABEL.to_owned()] };
    let is_labelled = attributes.xattrs.contains_key(LABEL.as_bytes());
    let mut beyond = inspect::beyond_facts(attributes, kind, full).into_iter();
    if beyond.any(|difference| is_labelled || difference != own_label) {
        return Ok(false);
    }
    match kind {
        Kind::File { size, digest, .. } => {
            Ok(hash::hash(full, &mut vec![0; hash::BUFFER], &|_| {})? == (*digest, *size))
        }
        Kind::Directory
        | Kind::Symlink { .. }
        | Kind::CharDevice(_)
        | Kind::BlockDevice(_)
        | Kind::Fifo
        | Kind::Socket => Ok(true),
    }
}
