//! The note which files a recovery is about that has begun or is ordered, where it is not about all
//! but the machine's own; in two copies beside the ledger.

use std::fs::File;
use std::io;
use std::path::Path;

use zshield_plan::machine_files::SCOPE;
use zshield_plan::model::RestoreScope;

use zshield_linux::IoError;
use zshield_linux::ab_record::DurableJson;
use zshield_linux::durable_file;

/// The files that are noted in GRUB's directory; nothing where there is no note.
pub(crate) fn read(directory: &Path) -> Result<Option<RestoreScope>, IoError> {
    DurableJson::in_directory(directory, SCOPE).read()
}

/// Notes files, in both copies: when one of them is removed, the other must not be an older note.
pub(crate) fn write(directory: &Path, only: &RestoreScope) -> Result<(), IoError> {
    let noted = DurableJson::in_directory(directory, SCOPE);
    SCOPE.iter().try_for_each(|_| noted.write(only))
}

/// Removes the note.
pub(crate) fn clear(directory: &Path) -> Result<(), IoError> {
    for name in SCOPE {
        let path = directory.join(name);
        durable_file::remove(&path).map_err(IoError::at(&path))?;
    }
    match File::open(directory).and_then(|directory| directory.sync_all()) {
        // Whoever has emptied /boot has taken the directory, too.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        synced => synced.map_err(IoError::at(directory)),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use zshield_plan::model::{Files, Target};

    fn only(path: &str) -> RestoreScope {
        let kept = vec!["tmp".to_owned()];
        let files = Files { only: vec![path.to_owned()], kept, deep: false };
        RestoreScope { target: Target::Latest, files }
    }

    #[test]
    fn neither_copy_is_of_a_note_before() {
        let directory = tempfile::tempdir().unwrap();
        write(directory.path(), &only("etc/passwd")).unwrap();
        write(directory.path(), &only("usr/bin")).unwrap();
        for name in SCOPE {
            let alone = tempfile::tempdir().unwrap();
            fs::copy(directory.path().join(name), alone.path().join(name)).unwrap();
            assert_eq!(read(alone.path()).unwrap(), Some(only("usr/bin")), "{name}");
        }
    }

    #[test]
    fn a_note_is_there_until_it_is_cleared() {
        let directory = tempfile::tempdir().unwrap();
        assert_eq!(read(directory.path()).unwrap(), None);
        for path in ["etc/passwd", "usr/bin"] {
            write(directory.path(), &only(path)).unwrap();
            assert_eq!(read(directory.path()).unwrap(), Some(only(path)));
        }
        clear(directory.path()).unwrap();
        clear(directory.path()).unwrap();
        assert_eq!(read(directory.path()).unwrap(), None);
    }
}
