//! The vault's volume: its filesystem, and how it is made on an appliance that has none.

use zshield_units::Bytes;

use crate::id::Uuid;
use crate::model::Device;
use crate::step::{CreateFilesystem, Step};

/// The label of the vault's filesystem.
pub const LABEL: &str = "zs-vault";

/// The filesystem of a vault of this size: its files are packs of some MiB each, below 256 directories, and a few
/// thousand small ones beside them.
pub(crate) fn filesystem(device: Device, size: Bytes, id: Uuid) -> Step {
    const SMALL: u64 = 4096;
    let packs = size.0 / Bytes::mib(1).0;
    let label = LABEL.to_owned();
    Step::CreateFilesystem(CreateFilesystem { device, label, id, inodes: Some(SMALL + packs) })
}
