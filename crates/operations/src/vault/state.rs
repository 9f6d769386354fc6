//! What is known of the vault's places: noted by whoever copies, read by status, daemon and alarms.

use std::fs;
use std::io;
use std::path::Path;

use zshield_linux::{IoError, durable_file};
use zshield_plan::vault::{FILE, PlaceState, VaultState};

/// What is known in the system below `root`; nothing known where there is no such file, or one that nobody can read.
pub fn read(root: &Path) -> VaultState {
    let path = root.join(FILE);
    match fs::read(&path) {
        Ok(json) => serde_json::from_slice(&json).unwrap_or_else(|error| {
            // It is made anew by the next copy.
            tracing::warn!("{}: {error}", path.display());
            VaultState::default()
        }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => VaultState::default(),
        Err(error) => {
            tracing::warn!("{}: {error}", path.display());
            VaultState::default()
        }
    }
}

/// Notes something. Two that note at a time lose one note, which the next copy makes again.
pub(super) fn note(root: &Path, change: impl FnOnce(&mut VaultState)) -> Result<(), IoError> {
    let path = root.join(FILE);
    let mut state = read(root);
    change(&mut state);
    let json = serde_json::to_vec(&state).map_err(io::Error::from);
    json.and_then(|json| durable_file::write(&path, 0o644, &json)).map_err(IoError::at(&path))
}

/// Notes something of the vault on the HDD.
pub(super) fn note_hdd(root: &Path, change: impl FnOnce(&mut PlaceState)) -> Result<(), IoError> {
    note(root, |state| change(&mut state.hdd))
}

#[cfg(test)]
mod tests {
    use zshield_units::UnixTime;

    use super::*;

    #[test]
    fn what_is_noted_is_read_and_what_nobody_can_read_is_made_anew() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("var/lib/zshield")).unwrap();
        assert_eq!(read(root.path()), VaultState::default());
        let copied = |state: &mut PlaceState| state.copy_ended(UnixTime(1), UnixTime(2));
        note_hdd(root.path(), copied).unwrap();
        assert_eq!(read(root.path()).hdd.newest, Some(UnixTime(1)));
        fs::write(root.path().join(FILE), "{").unwrap();
        assert_eq!(read(root.path()), VaultState::default());
        note_hdd(root.path(), copied).unwrap();
        assert_eq!(read(root.path()).hdd.copied, Some(UnixTime(2)));
    }
}
