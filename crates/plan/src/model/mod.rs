//! The words that plans, steps and their checker share: devices, targets, scopes and snapshots.

mod device;
mod scope;
mod snapshot;
mod target;
mod way_back;

pub use device::{Binding, Device, GOLDEN_MAPPING};
pub use scope::{Files, RestoreScope};
pub use snapshot::{Snapshot, SnapshotState};
pub use target::Target;
pub use way_back::WayBack;
