//! The note that root was written while its snapshots could not follow.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use zshield_plan::degraded::{Degraded, FORMAT};
use zshield_plan::machine_files::DEGRADED;
use zshield_units::UnixTime;

use zshield_linux::IoError;
use zshield_linux::durable_file;

/// The note in GRUB's directory; one that can't be read says nothing else than that it is there.
pub fn read(directory: &Path) -> Result<Option<Degraded>, IoError> {
    let path = directory.join(DEGRADED[0]);
    match fs::read(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(IoError::at(&path)(error)),
        Ok(json) => Ok(Some(serde_json::from_slice(&json).unwrap_or(Degraded {
            format: FORMAT,
            since: UnixTime(0),
            superblock: None,
        }))),
    }
}

/// Leaves the note; an older one stays, for what it says was before.
pub fn note(directory: &Path, degraded: &Degraded) -> Result<(), IoError> {
    if read(directory)?.is_some() {
        return Ok(());
    }
    let json = serde_json::to_vec(degraded).map_err(io::Error::from);
    json.and_then(|json| durable_file::write(&directory.join(DEGRADED[0]), 0o644, &json))
        .map_err(IoError::at(directory))
}

/// Removes the note.
pub fn clear(directory: &Path) -> Result<(), IoError> {
    let path = directory.join(DEGRADED[0]);
    let remove = || {
        durable_file::remove(&path)?;
        File::open(directory)?.sync_all()
    };
    remove().map_err(IoError::at(&path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_note_stays_until_it_is_cleared() {
        let directory = tempfile::tempdir().unwrap();
        assert_eq!(read(directory.path()).unwrap(), None);
        let degraded = |since| Degraded { format: FORMAT, since, superblock: Some("a".into()) };
        note(directory.path(), &degraded(UnixTime(1))).unwrap();
        note(directory.path(), &degraded(UnixTime(2))).unwrap();
        assert_eq!(read(directory.path()).unwrap(), Some(degraded(UnixTime(1))));
        clear(directory.path()).unwrap();
        clear(directory.path()).unwrap();
        assert_eq!(read(directory.path()).unwrap(), None);
    }

    #[test]
    fn a_damaged_note_is_a_note() {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join(DEGRADED[0]), b"damaged").unwrap();
        assert!(read(directory.path()).unwrap().is_some());
    }
}
