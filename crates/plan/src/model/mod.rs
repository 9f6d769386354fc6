//! The words that plans, steps and their checker share: devices, targets, scopes and snapshots.

mod device;
mod scope;
mod snapshot;
mod target;

pub use device::{Binding, Device, FACTORY_VIEW, GOLDEN_MAPPING};
pub use scope::{Files, RestoreScope};
pub use snapshot::{Snapshot, SnapshotState};
pub use target::Target;
