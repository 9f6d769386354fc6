//! The note that a recovery which has begun is one of some files alone, in two copies beside the
//! ledger.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use zshield_plan::appliance::Only;

use crate::error::IoError;
use crate::noted::Noted;

const NAMES: [&str; 2] = ["only.a", "only.b"];

/// The files that are noted in GRUB's folder; nothing where there is no note.
pub(crate) fn read(folder: &Path) -> Result<Option<Only>, IoError> {
    Noted::new(folder, NAMES).read()
}

/// Notes files, in both copies: when one of them is removed, the other must not be an older note.
pub(crate) fn write(folder: &Path, only: &Only) -> Result<(), IoError> {
    let noted = Noted::new(folder, NAMES);
    NAMES.iter().try_for_each(|_| noted.write(only))
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
    use zshield_plan::recover::Target;
    use zshield_plan::step::Files;

    use super::*;

    fn only(path: &str) -> Only {
        let kept = vec!["tmp".to_owned()];
        let files = Files { only: vec![path.to_owned()], kept, deep: false };
        Only { target: Target::Latest, files }
    }

    #[test]
    fn neither_copy_is_of_a_note_before() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &only("etc/passwd")).unwrap();
        write(folder.path(), &only("usr/bin")).unwrap();
        for name in NAMES {
            let alone = tempfile::tempdir().unwrap();
            fs::copy(folder.path().join(name), alone.path().join(name)).unwrap();
            assert_eq!(read(alone.path()).unwrap(), Some(only("usr/bin")), "{name}");
        }
    }

    #[test]
    fn a_note_is_there_until_it_is_cleared() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(read(folder.path()).unwrap(), None);
        for path in ["etc/passwd", "usr/bin"] {
            write(folder.path(), &only(path)).unwrap();
            assert_eq!(read(folder.path()).unwrap(), Some(only(path)));
        }
        clear(folder.path()).unwrap();
        clear(folder.path()).unwrap();
        assert_eq!(read(folder.path()).unwrap(), None);
    }
}
