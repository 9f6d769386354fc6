//! The ledger on `/boot`: two files, `ledger.a` and `ledger.b`.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use zshield_plan::ledger::Ledger;

use crate::error::IoError;
use crate::noted::Noted;
use crate::two_copies::{Place, TwoCopies};

/// Its files.
const NAMES: [&str; 2] = ["ledger.a", "ledger.b"];

/// The place of an appliance's ledger.
pub struct LedgerStore {
    noted: Noted,
    directory: PathBuf,
}

/// A file of a record that is kept in two.
pub struct InDirectory {
    directory: PathBuf,
    name: &'static str,
}

impl InDirectory {
    /// The file of this name.
    pub fn new(directory: &Path, name: &'static str) -> Self {
        Self { directory: directory.to_owned(), name }
    }
}

impl TwoCopies<InDirectory> {
    /// The record whose copies are files of these names.
    pub fn in_directory(directory: &Path, names: [&'static str; 2]) -> Self {
        Self::new(names.map(|name| InDirectory::new(directory, name)))
    }
}

impl LedgerStore {
    /// The ledger in this directory.
    pub fn in_directory(directory: &Path) -> Self {
        Self { noted: Noted::new(directory, NAMES), directory: directory.to_owned() }
    }

    /// The newest valid ledger; `None` where there is none.
    pub fn read(&self) -> Result<Option<Ledger>, IoError> {
        self.noted.read()
    }

    /// Whether there is a file of one at all, of use or not.
    pub fn has_files(&self) -> bool {
        NAMES.iter().any(|name| self.directory.join(name).exists())
    }

    /// Makes a ledger durable, over the older copy.
    pub fn write(&self, ledger: &Ledger) -> Result<(), IoError> {
        self.noted.write(ledger)
    }
}

impl Place for InDirectory {
    fn read(&self) -> io::Result<Vec<u8>> {
        match fs::read(self.directory.join(self.name)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            other => other,
        }
    }

    fn write(&self, copy: &[u8]) -> io::Result<()> {
        write_durably(&self.directory, self.name, copy)
    }
}

/// Replaces a file by these bytes; see [`replace_durably`].
pub fn write_durably(directory: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    replace_durably(directory, name, |file| file.write_all(bytes))
}

/// Replaces a file as a whole: written beside it, made durable, renamed, and the name made durable.
pub(crate) fn replace_durably(
    directory: &Path,
    name: &str,
    content: impl FnOnce(&mut File) -> io::Result<()>,
) -> io::Result<()> {
    let fresh = directory.join(format!("{name}.new"));
    let mut file = File::create(&fresh)?;
    content(&mut file)?;
    file.sync_all()?;
    fs::rename(&fresh, directory.join(name))?;
    File::open(directory)?.sync_all()
}

#[cfg(test)]
mod tests {
    use zshield_plan::id::{Identity, Slot, Uuid};
    use zshield_plan::role::ByRole;
    use zshield_units::Bytes;

    use super::*;

    fn ledger(version: &str) -> Ledger {
        let identity = |serial: &str| Identity {
            model: "m".into(),
            serial: serial.into(),
            size: Bytes::gib(1),
        };
        Ledger {
            version: version.into(),
            image: "digest".into(),
            slot: Slot::A,
            golden: Uuid::random([1; 16]),
            disks: ByRole { ssd: identity("s"), hdd: identity("h") },
        }
    }

    #[test]
    fn the_newest_ledger_is_read_and_a_damaged_copy_does_not_matter() {
        let directory = tempfile::tempdir().unwrap();
        let store = LedgerStore::in_directory(directory.path());
        assert_eq!(store.read().unwrap(), None);
        for version in ["1", "2", "3"] {
            store.write(&ledger(version)).unwrap();
            assert_eq!(store.read().unwrap(), Some(ledger(version)));
        }
        fs::write(directory.path().join("ledger.a"), b"damaged").unwrap();
        let left = store.read().unwrap().unwrap().version;
        fs::write(directory.path().join("ledger.b"), b"damaged").unwrap();
        assert!(["2", "3"].contains(&left.as_str()), "{left}");
        assert_eq!(store.read().unwrap(), None);
    }
}
