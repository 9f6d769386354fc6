//! A snapshot of root, as it was found.

use serde::{Deserialize, Serialize};
use zshield_units::{FillRatio, UnixTime};

use crate::saved::BootSetMeta;

/// A snapshot of root.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// Whether it can be gone back to.
    pub state: SnapshotState,
    /// When it was taken, in seconds since 1970, UTC.
    pub created: UnixTime,
    /// What it says of itself; nothing where it was not looked into, or can't be read.
    pub saved: Option<BootSetMeta>,
}

/// Whether a snapshot can be gone back to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SnapshotState {
    /// Yes; so much of its COW store is used.
    Valid {
        /// The store's fill.
        fill: FillRatio,
    },
    /// Its store overflowed, or could not be read.
    Invalid,
}

impl SnapshotState {
    /// Whether it can be gone back to.
    pub const fn is_valid(self) -> bool {
        matches!(self, Self::Valid { .. })
    }
}
