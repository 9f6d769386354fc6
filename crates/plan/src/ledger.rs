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
    /// The digest of the image in that slot, where it is another than root's: an upgrade has left the factory
    /// state what it was, or it has not been switched yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub golden_image: Option<String>,
    /// The Golden partition's id.
    pub golden: Uuid,
    /// The id of the HDD's partition; nothing in a ledger of an earlier version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hdd: Option<Uuid>,
    /// The disks.
    pub disks: ByRole<Identity>,
}

impl Ledger {
    /// The digest of the image in the active slot.
    pub fn golden_image(&self) -> &str {
        self.golden_image.as_deref().unwrap_or(&self.image)
    }

    /// Whether an image of this digest is the machine's own: that of its system, or that in its active slot.
    pub fn is_own(&self, image: &str) -> bool {
        self.image == image || self.golden_image() == image
    }

    /// The same with another system on root. The slot stays what it is.
    #[must_use]
    pub fn with_system(self, version: String, image: String) -> Self {
        let golden = self.golden_image().to_owned();
        Self { version, image, ..self }.with_golden(golden)
    }

    /// The same with this image in the active slot.
    #[must_use]
    pub fn with_golden(self, golden: String) -> Self {
        Self { golden_image: Some(golden).filter(|golden| *golden != self.image), ..self }
    }

    /// The ids by which it knows its own partitions.
    pub const fn own(&self) -> OwnPartitions {
        OwnPartitions { golden: self.golden, hdd: self.hdd }
    }
}

#[cfg(test)]
mod tests {
    use zshield_units::Bytes;

    use super::*;

    #[test]
    fn the_image_in_the_slot_is_named_where_it_is_another_one() {
        let disk = || Identity { model: "m".into(), serial: "s".into(), size: Bytes::gib(1) };
        let ledger = Ledger {
            version: "1".into(),
            image: "one".into(),
            slot: Slot::A,
            golden_image: None,
            golden: Uuid::random([1; 16]),
            hdd: None,
            disks: ByRole { ssd: disk(), hdd: disk() },
        };
        let before = serde_json::to_string(&ledger).unwrap();
        assert!(!before.contains("golden_image"), "{before}");
        let upgraded = ledger.clone().with_system("2".into(), "two".into());
        assert_eq!((upgraded.golden_image(), upgraded.image.as_str()), ("one", "two"));
        assert!(upgraded.is_own("one") && upgraded.is_own("two") && !upgraded.is_own("three"));
        let later = upgraded.clone().with_system("3".into(), "three".into());
        assert_eq!((later.golden_image(), later.is_own("two")), ("one", false));
        // Back to what it was: there is nothing to tell of the slot.
        assert_eq!(upgraded.clone().with_system("1".into(), "one".into()), ledger);
        let switched = Ledger { slot: Slot::B, ..upgraded }.with_golden("two".into());
        assert_eq!((switched.golden_image.as_ref(), switched.is_own("one")), (None, false));
    }
}
