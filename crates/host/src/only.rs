//! The note that a recovery which has begun is one of some files alone, in two copies beside the
//! ledger.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use zshield_plan::step::Files;

use crate::error::IoError;
use crate::noted::Noted;

const NAMES: [&str; 2] = ["only.a", "only.b"];

/// The files that are noted in GRUB's folder; nothing where there is no note.
pub(crate) fn read(folder: &Path) -> Result<Option<Files>, IoError> {
    Noted::new(folder, NAMES).read()
}

/// Notes files.
pub(crate) fn write(folder: &Path, files: &Files) -> Result<(), IoError> {
    Noted::new(folder, NAMES).write(files)
}

/// Removes the note.
pub(crate) fn clear(folder: &Path) -> Result<(), IoError> {
    for name in NAMES {
        let path = folder.join(name);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(IoError::at(&path)(error));
            }
            _ => {}
        }
    }
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(IoError::at(folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_there_until_it_is_cleared() {
        let folder = tempfile::tempdir().unwrap();
        let files = |path: &str| Files {
            only: vec![path.to_owned()],
            kept: vec!["tmp".to_owned()],
            deep: false,
        };
        assert_eq!(read(folder.path()).unwrap(), None);
        for path in ["etc/passwd", "usr/bin"] {
            write(folder.path(), &files(path)).unwrap();
            assert_eq!(read(folder.path()).unwrap(), Some(files(path)));
        }
        clear(folder.path()).unwrap();
        clear(folder.path()).unwrap();
        assert_eq!(read(folder.path()).unwrap(), None);
    }
}
