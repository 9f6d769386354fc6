//! What the version before an upgrade had: the new one is held against it.
//!
//! It lies on root, beside what an upgrade stages there, and is written before the first change. So it is there exactly
//! for as long as root may have a version that nobody has confirmed: the backup that is gone back to does not have
//! it. By that the unit of a gate that failed knows whether anything follows from it.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};
use zshield_linux::{IoError, durable_file, network, own_directory};
use zshield_plan::upgrade::gate::Network;

use super::units;

/// Its place within a system.
pub const FILE: &str = "var/lib/zshield/upgrade/before.json";

/// The format that is written today.
const FORMAT: u32 = 1;

/// How the machine was right before an upgrade.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Before {
    /// All units that had failed.
    pub failed: BTreeSet<String>,
    /// Its network.
    pub network: Network,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    format: u32,
    #[serde(flatten)]
    before: Before,
}

/// Looks at the running machine, and keeps what it finds for the system at `root`; durable when this returns.
pub fn write(root: &Path) -> Result<(), IoError> {
    let failed = units::failed().map_err(IoError::at("systemctl"))?;
    let network = network::read().map_err(IoError::at("/proc/net"))?;
    keep(root, Before { failed, network })
}

fn keep(root: &Path, before: Before) -> Result<(), IoError> {
    let path = root.join(FILE);
    let text = serde_json::to_vec(&Stored { format: FORMAT, before }).map_err(io::Error::from);
    text.and_then(|text| own_directory::write_private(&path, &text)).map_err(IoError::at(&path))
}

/// What was kept; nothing where it is missing, or of another format: then nothing is asked for of what was before.
pub fn read(root: &Path) -> Result<Option<Before>, IoError> {
    let path = root.join(FILE);
    let text = match std::fs::read(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        text => text.map_err(IoError::at(&path))?,
    };
    match serde_json::from_slice::<Stored>(&text) {
        Ok(Stored { format: FORMAT, before }) => Ok(Some(before)),
        Ok(Stored { format, .. }) => {
            tracing::warn!("{}: format {format}", path.display());
            Ok(None)
        }
        Err(error) => {
            tracing::warn!("{}: {error}", path.display());
            Ok(None)
        }
    }
}

/// Root has one version alone again.
pub fn remove(root: &Path) -> Result<(), IoError> {
    let path = root.join(FILE);
    durable_file::remove(&path).map_err(IoError::at(&path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_kept_is_read_and_what_is_not_understood_is_none() {
        let root = tempfile::tempdir().unwrap();
        assert_eq!(read(root.path()).unwrap(), None);
        let addressed = BTreeSet::from(["eth0".to_owned()]);
        let network = Network { addressed, default_route: true };
        let before = Before { failed: BTreeSet::from(["a.service".to_owned()]), network };
        keep(root.path(), before.clone()).unwrap();
        assert_eq!(read(root.path()).unwrap(), Some(before));
        let path = root.path().join(FILE);
        let text = std::fs::read_to_string(&path).unwrap();
        for other in [text.replace("\"format\":1", "\"format\":2"), text[..20].to_owned()] {
            std::fs::write(&path, other).unwrap();
            assert_eq!(read(root.path()).unwrap(), None);
        }
        remove(root.path()).unwrap();
        remove(root.path()).unwrap();
        assert!(!path.exists());
    }
}
