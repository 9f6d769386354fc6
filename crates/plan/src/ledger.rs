//! What an appliance knows of itself across boots and recoveries.

use serde::{Deserialize, Serialize};

use crate::id::{Identity, Slot, Uuid};
use crate::role::ByRole;

/// The state of an installed appliance, kept in two copies on `/boot`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    /// The version that is installed.
    pub version: String,
    /// The digest of the image that it came from.
    pub image: String,
    /// The active slot of the Golden partition.
    pub slot: Slot,
    /// The Golden partition's id.
    pub golden: Uuid,
    /// The disks.
    pub disks: ByRole<Identity>,
}
