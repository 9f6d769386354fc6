//! Block devices by what they are, and where they are now.

use serde::{Deserialize, Serialize};
use zshield_messages::say;

use crate::id::{DiskName, MappingName};
use crate::policy::{GroupName, VolumeName};
use crate::role::{ByRole, Role};

use super::target::Target;

/// A block device of the appliance, by what it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Device {
    /// A partition of the disk that has this role.
    Partition(Role, u32),
    /// A volume of the appliance's group.
    Volume(GroupName, VolumeName),
    /// The factory store of a group over the latest backup, as long as it is looked into.
    FactoryView(GroupName),
    /// The Golden Image's payload, verified block by block as it is read.
    Golden,
}

impl Device {
    /// What it is called for a person.
    pub fn title(&self) -> String {
        match self {
            Self::Partition(role, number) => format!("{role} {number}"),
            Self::Volume(_, volume) => volume.to_string(),
            Self::FactoryView(_) => Target::Factory.to_string(),
            Self::Golden => say::step::golden(),
        }
    }
}

/// The device mapper's name of the payload behind dm-verity.
pub const GOLDEN_MAPPING: &str = "zshield-golden";

/// What the device mapper knows the factory store over the latest backup by, as if it were a volume. LVM has
/// none of that name.
pub const FACTORY_VIEW: &str = "snap0-view";

/// A plan's disks by the names that they have now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    /// The names.
    pub disks: ByRole<DiskName>,
    /// The group, whose physical volumes lie on these disks alone.
    pub group: GroupName,
}

impl Binding {
    /// The path of a device's node.
    pub fn path(&self, device: &Device) -> String {
        match device {
            Device::Partition(role, number) => self.disks.of(*role).partition(*number),
            Device::Volume(group, volume) => group.device(volume),
            Device::FactoryView(group) => group.mapping(&VolumeName::fixed(FACTORY_VIEW)).node(),
            Device::Golden => MappingName::new(GOLDEN_MAPPING).node(),
        }
    }
}
