//! The ids by which a system knows the partitions of its disk.

use crate::appliance::Appliance;
use crate::id::{Slot, Uuid};
use crate::role::Role;
use crate::world::World;

/// What a new system must know of its disks.
pub(crate) struct PartitionIds {
    /// The partition of `/boot`.
    pub boot: Uuid,
    /// The partition of the Golden Image.
    pub golden: Uuid,
    /// The slot in it.
    pub slot: Slot,
}

impl PartitionIds {
    /// Those of an installed appliance.
    pub(crate) fn of(appliance: &Appliance, world: &World) -> Option<Self> {
        let name = appliance.binding.disks.of(Role::Ssd);
        let disk = world.disks.iter().find(|disk| disk.name == *name)?;
        let id = |number| disk.partitions.iter().find(|part| part.number == number)?.id;
        Some(Self { boot: id(3)?, golden: id(4)?, slot: world.medium.slot })
    }
}
