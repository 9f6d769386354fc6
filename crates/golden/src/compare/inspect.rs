//! What two things of one kind differ in, contents of files aside.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use super::drift::{Difference, FileKind};
use super::file_metadata::FileMetadata;
use super::scope::Regard;
use crate::manifest::{Attributes, Kind};
use crate::path::escape;
use crate::xattrs::{self, Xattrs};

/// Differences in what an inode says, but for the kind.
pub(super) fn metadata(
    wanted: &Attributes,
    kind: &Kind,
    found: &FileMetadata,
    regard: Regard,
) -> Vec<Difference> {
    let mut differences = Vec::new();
    let mut differ = |differs: bool, difference: Difference| {
        if differs {
            differences.push(difference);
        }
    };
    let (expected, actual) = (wanted.mode, found.mode);
    // Linux gives every symbolic link 0777 and never looks at it.
    let has_mode = found.kind != FileKind::Symlink;
    differ(has_mode && expected != actual, Difference::Mode { expected, actual });
    let (expected, actual) = ((wanted.uid, wanted.gid), (found.uid, found.gid));
    differ(expected != actual, Difference::Owner { expected, actual });
    let (expected, actual) = (wanted.mtime, found.mtime);
    let time_counts = regard == Regard::Whole;
    differ(time_counts && expected != actual, Difference::Mtime { expected, actual });
    differ(found.is_locked, Difference::Locked);
    match kind {
        Kind::File { size, links, .. } => {
            let (expected, actual) = (*links, found.links);
            differ(u64::from(expected) != actual, Difference::Links { expected, actual });
            let (expected, actual) = (*size, found.size);
            differ(expected != actual, Difference::Size { expected, actual });
        }
        Kind::CharDevice(number) | Kind::BlockDevice(number) => {
            let (expected, actual) = ((*number).into(), found.device);
            differ(expected != actual, Difference::Device { expected, actual });
        }
        Kind::Directory | Kind::Symlink { .. } | Kind::Fifo | Kind::Socket => {}
    }
    differences
}

/// Differences of extended attributes and of a link's target.
pub(super) fn beyond_facts(wanted: &Attributes, kind: &Kind, full: &Path) -> Vec<Difference> {
    let unreadable = |error: io::Error| Difference::Unreadable { reason: error.to_string() };
    let xattrs = xattrs::read(full).map_or_else(
        |error| Some(unreadable(error)),
        |actual| xattr_difference(&wanted.xattrs, &actual),
    );
    let target = match kind {
        Kind::Symlink { target } => match fs::read_link(full) {
            Ok(actual) => (actual.as_os_str().as_bytes() != target.as_slice()).then(|| {
                let actual = escape(actual.as_os_str().as_bytes());
                Difference::LinkTarget { expected: escape(target), actual }
            }),
            Err(error) => Some(unreadable(error)),
        },
        _ => None,
    };
    xattrs.into_iter().chain(target).collect()
}

fn xattr_difference(wanted: &Xattrs, actual: &Xattrs) -> Option<Difference> {
    let names: BTreeSet<_> = wanted.keys().chain(actual.keys()).collect();
    let names: Vec<_> = names
        .into_iter()
        .filter(|name| wanted.get(*name) != actual.get(*name))
        .map(|name| escape(name))
        .collect();
    (!names.is_empty()).then_some(Difference::Xattrs { names })
}
