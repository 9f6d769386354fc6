//! What is at a path now, as one digest: for telling whether it has changed again.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use rustix::fs::{Mode, OFlags};
use serde::{Deserialize, Serialize};

use super::drift::FileKind;
use super::file_metadata::FileMetadata;
use crate::digest::Digest;
use crate::xattrs;

/// Everything that can drift about a path, and about all below it, in one digest: kind, mode,
/// owner, extended attributes, content, link target and device. Times and inode numbers are no
/// part of it: a file that was put back is the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StateDigest(Digest);

impl StateDigest {
    /// The state of what is at a path; nothing being there is a state too.
    pub fn of(path: &Path) -> io::Result<Self> {
        let mut hasher = blake3::Hasher::new();
        match FileMetadata::of(path) {
            Ok(metadata) => describe_all(path, metadata, &mut hasher)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        Ok(Self(Digest::finish(&hasher)))
    }
}

/// A thing, and all that is in it, name by name. There may be more directories in each other than
/// calls have room.
fn describe_all(
    path: &Path,
    metadata: FileMetadata,
    hasher: &mut blake3::Hasher,
) -> io::Result<()> {
    let mut ahead = match describe(path, &metadata, hasher)? {
        Some(names) => vec![(path.to_owned(), names.into_iter())],
        None => return Ok(()),
    };
    while let Some((directory, names)) = ahead.last_mut() {
        let Some(name) = names.next() else {
            put(hasher, b"");
            ahead.pop();
            continue;
        };
        put(hasher, name.as_bytes());
        let below = directory.join(&name);
        if let Some(names) = describe(&below, &FileMetadata::of(&below)?, hasher)? {
            ahead.push((below, names.into_iter()));
        }
    }
    Ok(())
}

/// A thing itself; of a directory the names that are in it.
fn describe(
    path: &Path,
    metadata: &FileMetadata,
    hasher: &mut blake3::Hasher,
) -> io::Result<Option<Vec<OsString>>> {
    let FileMetadata { kind, mode, uid, gid, device, is_locked, .. } = metadata;
    put(hasher, format!("{kind:?} {mode:o} {uid} {gid} {device:?} {is_locked}").as_bytes());
    // A file that is labelled anew is the same file.
    let is_label = |name: &Vec<u8>| name == xattrs::LABEL.as_bytes();
    for (name, value) in xattrs::read(path)?.into_iter().filter(|(name, _)| !is_label(name)) {
        put(hasher, &name);
        put(hasher, &value);
    }
    match kind {
        FileKind::File => put(hasher, content(path)?.to_string().as_bytes()),
        FileKind::Symlink => put(hasher, fs::read_link(path)?.as_os_str().as_bytes()),
        FileKind::Directory => {
            let listed = fs::read_dir(path)?.map(|entry| Ok(entry?.file_name()));
            let mut names = listed.collect::<io::Result<Vec<_>>>()?;
            names.sort();
            return Ok(Some(names));
        }
        FileKind::CharDevice | FileKind::BlockDevice | FileKind::Fifo | FileKind::Socket => {}
    }
    Ok(None)
}

/// Bytes with their length before them, so that no two lists of them are the same text.
fn put(hasher: &mut blake3::Hasher, bytes: &[u8]) {
    hasher.update(&(bytes.len() as u64).to_le_bytes());
    hasher.update(bytes);
}

fn content(path: &Path) -> io::Result<Digest> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    Digest::of_file(&File::from(rustix::fs::open(path, flags, Mode::empty())?))
}
