//! What a state of root is read from.

use crate::id::GenerationId;
use crate::model::Device;
use crate::policy::{GroupName, VolumeName};
use crate::volumes::{FACTORY, LATEST, named};

/// The volumes that a state of root is read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WayBack {
    /// The snapshot of this name.
    Snapshot(&'static str),
    /// The factory store over a snapshot.
    Store {
        /// The name of the snapshot.
        over: &'static str,
    },
}

impl WayBack {
    /// The volume that it is named for.
    pub fn volume(self) -> VolumeName {
        match self {
            Self::Snapshot(name) => named(name),
            Self::Store { .. } => named(FACTORY),
        }
    }

    /// The snapshot that the store stands over, where it stands over one.
    pub fn over(self) -> Option<VolumeName> {
        match self {
            Self::Snapshot(_) => None,
            Self::Store { over } => Some(named(over)),
        }
    }

    /// The same when the latest backup has its name, whatever a cut has left it to be called.
    pub(crate) fn with_latest_named(self) -> Self {
        match self {
            Self::Snapshot(FACTORY) => self,
            Self::Snapshot(_) => Self::Snapshot(LATEST),
            Self::Store { .. } => Self::Store { over: LATEST },
        }
    }

    /// The device that has this state.
    pub fn device(self, group: &GroupName) -> Device {
        match self {
            Self::Snapshot(name) => Device::Volume(group.clone(), named(name)),
            Self::Store { .. } => Device::FactoryView(group.clone()),
        }
    }
}

/// What the files of a state of root are read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileSource {
    /// A backup on the machine's own volumes.
    Backup(WayBack),
    /// A generation of the vault.
    Generation(GenerationId),
}
