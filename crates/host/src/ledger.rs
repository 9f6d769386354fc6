//! The ledger on `/boot`: two files, `ledger.a` and `ledger.b`.

use std::path::{Path, PathBuf};

use zshield_linux::IoError;
use zshield_linux::ab_record::DurableJson;
use zshield_plan::ledger::Ledger;
use zshield_plan::machine_files::LEDGER;

/// The place of an appliance's ledger.
pub struct LedgerStore {
    record: DurableJson,
    directory: PathBuf,
}

impl LedgerStore {
    /// The ledger in this directory.
    pub fn in_directory(directory: &Path) -> Self {
        Self {
            record: DurableJson::in_directory(directory, LEDGER),
            directory: directory.to_owned(),
        }
    }

    /// The newest valid ledger; `None` where there is none.
    pub fn read(&self) -> Result<Option<Ledger>, IoError> {
        self.record.read()
    }

    /// Whether there is a file of one at all, of use or not.
    pub fn has_files(&self) -> bool {
        LEDGER.iter().any(|name| self.directory.join(name).exists())
    }

    /// Makes a ledger durable, over the older copy.
    pub fn write(&self, ledger: &Ledger) -> Result<(), IoError> {
        self.record.write(ledger)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

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
            golden_image: None,
            golden: Uuid::random([1; 16]),
            hdd: Some(Uuid::random([2; 16])),
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
