//! A snapshot of root, as it was found.

use serde::{Deserialize, Serialize};
use zshield_units::{Bytes, FillRatio, UnixTime, VolumeId};

use crate::saved::BootSetMeta;

/// A snapshot of root.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// What LVM knows it by, under every name.
    pub id: VolumeId,
    /// The size of its chunks.
    pub chunk: Bytes,
    /// What is known of its store.
    pub state: SnapshotState,
    /// When it was taken, in seconds since 1970, UTC.
    pub created: UnixTime,
    /// What it says of itself; nothing where it was not looked into, or can't be read.
    pub saved: Option<BootSetMeta>,
}

/// What is known of a snapshot's store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SnapshotState {
    /// The kernel follows root with it, and it can be gone back to; so much of it is used.
    Valid {
        /// The store's fill.
        fill: FillRatio,
    },
    /// It is a store that the kernel does not follow root with. It stands over snapshots which that does.
    Store {
        /// The store's fill.
        fill: FillRatio,
        /// Over each of these it is right, by its mark.
        over: Vec<VolumeId>,
    },
    /// It overflowed, or could not be read.
    Invalid,
}

impl SnapshotState {
    /// How much of it is used, where it can be read.
    pub const fn fill(&self) -> Option<FillRatio> {
        match self {
            Self::Valid { fill } | Self::Store { fill, .. } => Some(*fill),
            Self::Invalid => None,
        }
    }

    /// Whether the kernel follows root with it, and it can be gone back to.
    pub const fn is_live(&self) -> bool {
        match self {
            Self::Valid { .. } => true,
            Self::Store { .. } | Self::Invalid => false,
        }
    }

    /// Whether it is a store that is right over the snapshot of this id.
    pub fn is_over(&self, base: &VolumeId) -> bool {
        match self {
            Self::Store { over, .. } => over.contains(base),
            Self::Valid { .. } | Self::Invalid => false,
        }
    }
}
