//! Files and directories taken out of a generation, with all that they had.
//!
//! What is taken out is made beside its place under a name of ours, and renamed when it is whole: what has the
//! name is all of it, or nothing.

mod make;

use std::ffi::OsStr;
use std::fs::{self, File as Opened};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, Mode, OFlags, RenameFlags, renameat, renameat_with};
use rustix::io::Errno;
use thiserror::Error;

use crate::read::{Entry, ReadError, Trees};
use make::{Work, within};

/// The name under which something is made.
const FRESH: &str = ".zshield-get";

/// What becomes of something that has the name already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing {
    /// It stays, and nothing is taken out.
    Stays,
    /// It is replaced, unless it is a directory or is replaced by one.
    Replaced,
}

/// Nothing was taken out.
#[derive(Debug, Error)]
pub enum GetError {
    /// The name is taken.
    #[error("{0} exists")]
    Exists(PathBuf),
    /// The file itself, or the directory, is damaged or out of reach.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// It could not be written.
    #[error("{path}: {error}", path = .0.display(), error = .1)]
    Write(PathBuf, #[source] io::Error),
}

/// What was taken out.
#[derive(Debug, Default)]
pub struct Got {
    /// Names.
    pub names: u64,
    /// Bytes of files.
    pub bytes: u64,
    /// What was left out of a directory, for it is damaged: where below that, and why.
    pub damaged: Vec<(Vec<u8>, ReadError)>,
}

/// Takes an entry out into a directory, under its own name.
pub fn get(trees: &Trees, entry: &Entry, into: &Path, existing: Existing) -> Result<Got, GetError> {
    let place = into.join(OsStr::from_bytes(&entry.name));
    let failed = |error: io::Error| GetError::Write(place.clone(), error);
    let directory = rustix::fs::open(into, OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty());
    let directory = directory.map_err(|error| GetError::Write(into.to_owned(), error.into()))?;
    if existing == Existing::Stays && is_there(&directory, &entry.name).map_err(failed)? {
        return Err(GetError::Exists(place));
    }
    clear(into).map_err(failed)?;
    let mut work = Work::new(trees, within(&directory, FRESH.as_bytes()), place.clone());
    let made = work.make(&directory, FRESH.as_bytes(), entry, &[]);
    let made = made.and_then(|()| {
        // Once for all of it: no name may say that a file is whole which a power cut would leave empty.
        rustix::fs::syncfs(&directory).map_err(|error| failed(error.into()))?;
        put(&directory, &entry.name, existing).map_err(|error| match error {
            Errno::EXIST | Errno::ISDIR | Errno::NOTDIR | Errno::NOTEMPTY => {
                GetError::Exists(place.clone())
            }
            other => GetError::Write(place.clone(), other.into()),
        })
    });
    match made {
        Ok(()) => {
            Opened::from(directory).sync_all().map_err(failed)?;
            Ok(work.got)
        }
        Err(error) => {
            clear(into).map_err(failed)?;
            Err(error)
        }
    }
}

fn is_there(directory: &OwnedFd, name: &[u8]) -> io::Result<bool> {
    match rustix::fs::statat(directory, name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(_) => Ok(true),
        Err(Errno::NOENT) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Gives what was made its name.
fn put(directory: &OwnedFd, name: &[u8], existing: Existing) -> rustix::io::Result<()> {
    match existing {
        Existing::Replaced => renameat(directory, FRESH, directory, name),
        Existing::Stays => {
            let flags = RenameFlags::NOREPLACE;
            match renameat_with(directory, FRESH, directory, name, flags) {
                // An old kernel, or a filesystem that does not know this. Nobody had the name a moment ago.
                Err(Errno::INVAL | Errno::NOSYS) => renameat(directory, FRESH, directory, name),
                other => other,
            }
        }
    }
}

/// Removes what an earlier try has left.
fn clear(into: &Path) -> io::Result<()> {
    let left = into.join(FRESH);
    let removed = match fs::symlink_metadata(&left) {
        Ok(found) if found.is_dir() => fs::remove_dir_all(&left),
        Ok(_) => fs::remove_file(&left),
        Err(error) => Err(error),
    };
    match removed {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}
