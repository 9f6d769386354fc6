//! What an appliance knows of itself across boots and recoveries.

use serde::{Deserialize, Serialize};

use crate::id::{Identity, Slot, Uuid};
use crate::own::OwnPartitions;
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
    /// The id of the HDD's partition; nothing in a ledger of an earlier version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hdd: Option<Uuid>,
    /// The disks.
    pub disks: ByRole<Identity>,
}

impl Ledger {
    /// The ids by which it knows its own partitions.
    pub const fn own(&self) -> OwnPartitions {
        OwnPartitions { golden: self.golden, hdd: self.hdd }
    }
}
