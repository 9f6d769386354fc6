//! What two things of one kind differ in, contents of files aside.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use super::drift::Difference;
use super::walk::Found;
use crate::manifest::{Attributes, Kind};
use crate::path::escape;

/// The most that Linux takes as one file's list of names, and as one value.
const LARGEST: usize = 64 << 10;

/// Differences of owner, mode, time and extended attributes.
pub(super) fn attributes(wanted: &Attributes, found: &Found, any_time: bool) -> Vec<Difference> {
    let mut differences = Vec::new();
    let metadata = &found.metadata;
    let (expected, actual) = (wanted.mode, (metadata.mode() & 0o7777) as u16);
    // Linux gives every symbolic link 0777 and never looks at it.
    if expected != actual && !metadata.is_symlink() {
        differences.push(Difference::Mode { expected, actual });
    }
    let (expected, actual) = ((wanted.uid, wanted.gid), (metadata.uid(), metadata.gid()));
    if expected != actual {
        differences.push(Difference::Owner { expected, actual });
    }
    let (expected, actual) = (wanted.mtime, metadata.mtime());
    if expected != actual && !any_time {
        differences.push(Difference::Mtime { expected, actual });
    }
    match xattrs(&found.full) {
        Ok(actual) => differences.extend(xattr_difference(&wanted.xattrs, &actual)),
        Err(error) => differences.push(Difference::Unreadable { reason: error.to_string() }),
    }
    differences
}

/// The difference of what is no regular file and no folder.
pub(super) fn content(wanted: &Kind, found: &Found) -> Option<Difference> {
    match wanted {
        Kind::Symlink { target } => match fs::read_link(&found.full) {
            Ok(actual) => (actual.as_os_str().as_bytes() != target.as_slice()).then(|| {
                let actual = escape(actual.as_os_str().as_bytes());
                Difference::LinkTarget { expected: escape(target), actual }
            }),
            Err(error) => Some(Difference::Unreadable { reason: error.to_string() }),
        },
        Kind::CharDevice(number) | Kind::BlockDevice(number) => {
            let device = found.metadata.rdev();
            let actual = (rustix::fs::major(device), rustix::fs::minor(device));
            let expected = (*number).into();
            (expected != actual).then_some(Difference::Device { expected, actual })
        }
        Kind::File { .. } | Kind::Directory | Kind::Fifo | Kind::Socket => None,
    }
}

type Xattrs = BTreeMap<Vec<u8>, Vec<u8>>;

fn xattr_difference(wanted: &Xattrs, actual: &Xattrs) -> Option<Difference> {
    let names: BTreeSet<_> = wanted.keys().chain(actual.keys()).collect();
    let names: Vec<_> = names
        .into_iter()
        .filter(|name| wanted.get(*name) != actual.get(*name))
        .map(|name| escape(name))
        .collect();
    (!names.is_empty()).then_some(Difference::Xattrs { names })
}

/// All extended attributes; none where the filesystem knows of none.
fn xattrs(path: &Path) -> io::Result<Xattrs> {
    // Nearly always there are none, and then no buffer is needed.
    let length = match rustix::fs::llistxattr_query(path) {
        Err(rustix::io::Errno::OPNOTSUPP) | Ok(0) => return Ok(Xattrs::new()),
        other => other?,
    };
    let mut list = vec![0; length.min(LARGEST)];
    let length = rustix::fs::llistxattr(path, list.as_mut_slice())?;
    let mut value = vec![0; LARGEST];
    let mut found = Xattrs::new();
    for name in list[..length].split(|byte| *byte == 0).filter(|name| !name.is_empty()) {
        let length = rustix::fs::lgetxattr(path, name, value.as_mut_slice())?;
        found.insert(name.to_vec(), value[..length].to_vec());
    }
    Ok(found)
}
