//! Contents, hashed by several threads.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;
use std::sync::Mutex;
use std::sync::mpsc::Receiver;

use rustix::fs::{Mode, OFlags};

use super::drift::{Difference, Drift};
use super::walk::unreadable;
use crate::digest::Digest;
use crate::error::Progress;
use crate::path::EntryPath;
use crate::threads::lock;

/// Bytes read at a time.
pub(super) const BUFFER: usize = 256 << 10;

/// A file whose content is to be compared; its length has been.
pub(super) struct Job {
    pub(super) path: EntryPath,
    pub(super) size: u64,
    pub(super) digest: Digest,
}

pub(super) fn work(
    root: &Path,
    jobs: &Mutex<Receiver<Job>>,
    drifts: &Mutex<Vec<Drift>>,
    progress: Progress<'_>,
) {
    let mut buffer = vec![0; BUFFER];
    loop {
        // In a statement of its own, so that the lock is not held while hashing.
        let job = lock(jobs).recv();
        let Ok(Job { path, size, digest }) = job else { return };
        match hash(&root.join(path.as_path()), &mut buffer, progress) {
            Ok(found) if found == (digest, size) => {}
            Ok(_) => lock(drifts).push(Drift { path, difference: Difference::Content }),
            Err(error) => lock(drifts).push(unreadable(&path, &error)),
        }
    }
}

/// Digest and length of a file's content.
pub(super) fn hash(
    path: &Path,
    buffer: &mut [u8],
    progress: Progress<'_>,
) -> io::Result<(Digest, u64)> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let mut file = File::from(rustix::fs::open(path, flags, Mode::empty())?);
    let mut hasher = blake3::Hasher::new();
    let mut size = 0;
    loop {
        match file.read(buffer) {
            Ok(0) => return Ok((Digest::finish(&hasher), size)),
            Ok(length) => {
                hasher.update(&buffer[..length]);
                size += length as u64;
                progress(length as u64);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
