//! Drift that somebody has acknowledged: each path with the state that it had then.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};
use zshield_golden::EntryPath;
use zshield_golden::compare::StateDigest;
use zshield_linux::{durable_file, label};
use zshield_units::UnixTime;

/// The file, within the system that it belongs to: a system that is gone back to has the one of its
/// own time.
pub const FILE: &str = "var/lib/zshield/accepted.json";
const FORMAT: u32 = 1;

/// All of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted {
    format: u32,
    paths: BTreeMap<EntryPath, Entry>,
}

/// What was accepted of a path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Entry {
    /// The state that it had.
    state: StateDigest,
    /// When, in seconds since 1970, UTC.
    at: UnixTime,
}

impl Default for Accepted {
    fn default() -> Self {
        Self { format: FORMAT, paths: BTreeMap::new() }
    }
}

impl Accepted {
    /// What was accepted in the system below `root`; what can't be understood is nothing.
    pub fn read(root: &Path) -> io::Result<Self> {
        let text = match fs::read(root.join(FILE)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            other => other?,
        };
        let read = serde_json::from_slice(&text).map_err(io::Error::from);
        let accepted = read.inspect_err(|error| tracing::error!("{FILE}: {error}"));
        Ok(accepted.ok().filter(|found: &Self| found.format == FORMAT).unwrap_or_default())
    }

    /// Whether this state of a path was accepted.
    pub fn has(&self, path: &EntryPath, state: StateDigest) -> bool {
        self.paths.get(path).is_some_and(|entry| entry.state == state)
    }

    /// Accepts a state of a path.
    pub fn accept(&mut self, path: EntryPath, state: StateDigest, now: UnixTime) {
        self.paths.insert(path, Entry { state, at: now });
    }

    /// Forgets what no longer drifts.
    pub fn retain(&mut self, drifting: impl Fn(&EntryPath) -> bool) {
        self.paths.retain(|path, _| drifting(path));
    }

    /// Makes it durable; the file is replaced as a whole.
    pub fn write(&self, root: &Path) -> io::Result<()> {
        let path = root.join(FILE);
        label::create_dir_all(path.parent().unwrap_or(root))?;
        durable_file::write(&path, 0o600, &serde_json::to_vec_pretty(self)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_accepted_is_so_until_it_changes_again() {
        let root = tempfile::tempdir().unwrap();
        let (path, full): (EntryPath, _) = ("tool".parse().unwrap(), root.path().join("tool"));
        let is_accepted = |accepted: &Accepted| {
            accepted.has(&"tool".parse().unwrap(), StateDigest::of(&full).unwrap())
        };
        fs::write(&full, "one").unwrap();
        let mut accepted = Accepted::read(root.path()).unwrap();
        assert!(!is_accepted(&accepted));
        accepted.accept(path, StateDigest::of(&full).unwrap(), UnixTime(7));
        accepted.write(root.path()).unwrap();
        let mut accepted = Accepted::read(root.path()).unwrap();
        assert!(is_accepted(&accepted));
        fs::write(&full, "two").unwrap();
        assert!(!is_accepted(&accepted));
        fs::remove_file(&full).unwrap();
        assert!(!is_accepted(&accepted));
        fs::write(&full, "one").unwrap();
        assert!(is_accepted(&accepted));
        accepted.retain(|_| false);
        assert_eq!(accepted, Accepted::default());
    }

    #[test]
    fn what_is_below_a_directory_belongs_to_its_state() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("a/b")).unwrap();
        let before = StateDigest::of(&root.path().join("a")).unwrap();
        fs::write(root.path().join("a/b/c"), "").unwrap();
        assert_ne!(StateDigest::of(&root.path().join("a")).unwrap(), before);
    }

    #[test]
    fn a_damaged_file_accepts_nothing() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join(FILE);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, "{").unwrap();
        assert_eq!(Accepted::read(root.path()).unwrap(), Accepted::default());
    }
}
