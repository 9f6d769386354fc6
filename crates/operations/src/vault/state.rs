//! What is known of the vault's places, kept for others: a copy writes it, the status and the daemon read it.

use std::fs;
use std::io;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use zshield_linux::{durable_file, label};
use zshield_messages::say;
use zshield_plan::vault_state::{FILE, FORMAT, PlaceState, VaultState};

/// What is known; that of an appliance which has copied nothing, where nobody has written anything yet. An error where
/// what is there can't be read or understood.
pub fn read(root: &Path) -> Result<VaultState> {
    let path = root.join(FILE);
    let text = match fs::read(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(VaultState::default()),
        other => other.with_context(|| path.display().to_string())?,
    };
    let state: VaultState =
        serde_json::from_slice(&text).with_context(|| path.display().to_string())?;
    ensure!(state.format == FORMAT, say::host::unknown_output(path.display()));
    Ok(state)
}

/// Leaves it for others; durable when this returns.
pub fn write(root: &Path, state: &VaultState) -> Result<()> {
    let path = root.join(FILE);
    let named = || path.display().to_string();
    label::create_dir_all(path.parent().unwrap_or(root)).with_context(named)?;
    durable_file::write(&path, 0o600, &serde_json::to_vec_pretty(state)?).with_context(named)
}

/// Notes something. What nobody can read is made anew by it. Two that note at a time lose one note, which the next copy makes
/// again.
pub(super) fn note(root: &Path, change: impl FnOnce(&mut VaultState)) -> Result<()> {
    let mut state = read(root).unwrap_or_else(|error| {
        tracing::warn!("{error:#}");
        VaultState::default()
    });
    change(&mut state);
    write(root, &state)
}

/// Notes something of the vault on the HDD.
pub(super) fn note_hdd(root: &Path, change: impl FnOnce(&mut PlaceState)) -> Result<()> {
    note(root, |state| change(&mut state.hdd))
}

#[cfg(test)]
mod tests {
    use zshield_units::UnixTime;

    use super::*;

    #[test]
    fn what_was_left_is_read_and_what_is_of_another_kind_is_an_error() {
        let root = tempfile::tempdir().unwrap();
        assert_eq!(read(root.path()).unwrap(), VaultState::default());
        let mut hdd = PlaceState::default();
        hdd.copy_ended(UnixTime(5), UnixTime(6));
        let state = VaultState { hdd, ..VaultState::default() };
        write(root.path(), &state).unwrap();
        assert_eq!(read(root.path()).unwrap(), state);
        for other in ["{", "{\"format\":2}"] {
            fs::write(root.path().join(FILE), other).unwrap();
            assert!(read(root.path()).is_err(), "{other}");
            note_hdd(root.path(), |hdd| hdd.copy_ended(UnixTime(7), UnixTime(8))).unwrap();
            assert_eq!(read(root.path()).unwrap().hdd.newest, Some(UnixTime(7)));
        }
    }
}
