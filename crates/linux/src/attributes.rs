//! What `chattr +i` and `+a` forbid, which binds root too.

use std::fs::OpenOptions;
use std::io;
use std::path::Path;

use rustix::fs::{IFlags, OFlags, ioctl_getflags, ioctl_setflags};

use crate::open_flags::OpenFlags as _;

const LOCKS: IFlags = IFlags::IMMUTABLE.union(IFlags::APPEND);

/// Does something to a file that is zshield's to write or to remove. Where a file or its directory was made
/// immutable, or one that can only be appended to, that is taken away and it is done once more.
pub fn unlocked<T>(path: &Path, mut work: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    match work() {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied && unlock(path) => work(),
        done => done,
    }
}

/// Whether something was taken away.
fn unlock(path: &Path) -> bool {
    let places = [path.parent().filter(|at| !at.as_os_str().is_empty()), Some(path)];
    let mut unlocked = false;
    for place in places.into_iter().flatten() {
        match unlock_one(place) {
            Ok(was_locked) => unlocked |= was_locked,
            // The cause is told by what was tried first.
            Err(error) => tracing::warn!("{}: {error}", place.display()),
        }
    }
    unlocked
}

fn unlock_one(path: &Path) -> io::Result<bool> {
    let kind = match path.symlink_metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        found => found?.file_type(),
    };
    // Links and devices have none, and a device would be opened.
    if !kind.is_file() && !kind.is_dir() {
        return Ok(false);
    }
    let mut open = OpenOptions::new();
    let file = open.read(true).flags(OFlags::NOFOLLOW | OFlags::NONBLOCK).open(path)?;
    let had = ioctl_getflags(&file)?;
    if had.intersects(LOCKS) {
        ioctl_setflags(&file, had.difference(LOCKS))?;
    }
    Ok(had.intersects(LOCKS))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// Whether this filesystem and this user could do it.
    fn lock(path: &Path, flag: IFlags) -> bool {
        ioctl_setflags(fs::File::open(path).unwrap(), flag).is_ok()
    }

    #[test]
    fn what_is_immutable_is_replaced_and_removed_all_the_same() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("note");
        for flag in [IFlags::IMMUTABLE, IFlags::APPEND] {
            crate::durable_file::write(&path, 0o644, b"one").unwrap();
            if !lock(&path, flag) || !lock(directory.path(), flag) {
                return;
            }
            crate::durable_file::write(&path, 0o644, b"two").unwrap();
            assert_eq!(fs::read(&path).unwrap(), b"two");
            assert!(lock(&path, flag) && lock(directory.path(), flag));
            crate::durable_file::remove(&path).unwrap();
            assert!(!path.exists());
        }
    }

    #[test]
    fn what_fails_for_another_reason_is_not_tried_twice() {
        let directory = tempfile::tempdir().unwrap();
        let mut tried = 0;
        let done: io::Result<()> = unlocked(&directory.path().join("note"), || {
            tried += 1;
            Err(io::ErrorKind::PermissionDenied.into())
        });
        assert_eq!((done.unwrap_err().kind(), tried), (io::ErrorKind::PermissionDenied, 1));
    }
}
