//! What an appliance knows of itself across boots and recoveries.

use serde::{Deserialize, Serialize};

use crate::id::{Identity, Slot, Uuid};
use crate::own::OwnPartitions;
use crate::role::ByRole;
use crate::upgrade::record::System;

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
    /// The image in the active slot, where the system is of another one: after an upgrade that leaves the
    /// factory state what it was, or that is not confirmed yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub factory: Option<System>,
}

impl Ledger {
    /// The image in the active slot: the factory state is made from it.
    pub fn factory_image(&self) -> System {
        let system = || System { version: self.version.clone(), image: self.image.clone() };
        self.factory.clone().unwrap_or_else(system)
    }

    /// The same of an appliance whose system is this one; what is in the active slot stays.
    #[must_use]
    pub fn with_system(self, system: System) -> Self {
        let factory = Some(self.factory_image()).filter(|factory| factory.image != system.image);
        let System { version, image } = system;
        Self { version, image, factory, ..self }
    }

    /// The ids by which it knows its own partitions.
    pub const fn own(&self) -> OwnPartitions {
        OwnPartitions { golden: self.golden, hdd: self.hdd }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use zshield_units::Bytes;

    fn system(name: &str) -> System {
        System { version: name.to_owned(), image: format!("digest of {name}") }
    }

    #[test]
    fn the_factory_image_is_named_where_the_system_is_of_another_one() {
        let identity = || Identity { model: String::new(), serial: String::new(), size: Bytes(1) };
        let System { version, image } = system("1");
        let (golden, disks) = (Uuid::random([1; 16]), ByRole { ssd: identity(), hdd: identity() });
        let shipped =
            Ledger { version, image, slot: Slot::A, golden, hdd: None, disks, factory: None };
        assert_eq!(shipped.factory_image(), system("1"));

        let upgraded = shipped.clone().with_system(system("2"));
        assert_eq!((&*upgraded.version, &upgraded.factory), ("2", &Some(system("1"))));
        let again = upgraded.clone().with_system(system("3"));
        assert_eq!((again.factory_image(), &*again.version), (system("1"), "3"));
        // Whoever goes back to the factory's has one image again, and the same text on the disk as before.
        assert_eq!(again.with_system(system("1")), shipped);
        let text = serde_json::to_string(&shipped).unwrap();
        assert!(!text.contains("factory"), "{text}");
        assert_eq!(serde_json::from_str::<Ledger>(&text).unwrap(), shipped);
    }
}
