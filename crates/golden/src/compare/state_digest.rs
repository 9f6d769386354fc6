//! What is at a path now, as one digest: for telling whether it has changed again.

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
            Ok(metadata) => describe(path, &metadata, &mut hasher)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        Ok(Self(Digest::finish(&hasher)))
    }
}

fn describe(path: &Path, metadata: &FileMetadata, hasher: &mut blake3::Hasher) -> io::Result<()> {
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
            for name in names {
                put(hasher, name.as_bytes());
                let below = path.join(&name);
                describe(&below, &FileMetadata::of(&below)?, hasher)?;
            }
            put(hasher, b"");
        }
        FileKind::CharDevice | FileKind::BlockDevice | FileKind::Fifo | FileKind::Socket => {}
    }
    Ok(())
}

/// Bytes with their length before them, so that no two lists of them are the same text.
fn put(hasher: &mut blake3::Hasher, bytes: &[u8]) {
    hasher.update(&(bytes.len() as u64).to_le_bytes());
    hasher.update(bytes);
}

fn content(path: &Path) -> io::Result<Digest> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let mut file = File::from(rustix::fs::open(path, flags, Mode::empty())?);
    Digest::of_reader(&mut file, |_| {}).map(|(digest, _)| digest)
}
