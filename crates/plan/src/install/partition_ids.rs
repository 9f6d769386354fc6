//! The ids by which a system knows the partitions of its disk.

use serde::{Deserialize, Serialize};

use crate::id::{Slot, Uuid};
use crate::model::{Binding, Device};
use crate::own::OwnPartitions;
use crate::role::Role;
use crate::volumes::{BOOT, GOLDEN, physical};
use crate::world::Disk;

/// What a new system must know of its disks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartitionIds {
    /// The partition of `/boot`.
    pub boot: Uuid,
    /// Those by which the appliance knows its disks.
    pub own: OwnPartitions,
    /// The physical volume of the SSD; nothing where it has none.
    pub ssd: Option<Uuid>,
    /// The slot of the Golden Image.
    pub slot: Slot,
}

impl PartitionIds {
    /// Those of an installed appliance; nothing where they can't be told.
    pub fn of(binding: &Binding, disks: &[Disk], slot: Slot) -> Option<Self> {
        let id = |device: &Device| {
            let parts = disks.iter().flat_map(|disk| {
                disk.partitions.iter().map(|part| (disk.name.partition(part.number), part.id))
            });
            let wanted = binding.path(device);
            parts.into_iter().find(|(node, _)| *node == wanted)?.1
        };
        Some(Self {
            boot: id(&BOOT)?,
            own: OwnPartitions { golden: id(&GOLDEN)?, hdd: id(&physical(Role::Hdd)) },
            ssd: id(&physical(Role::Ssd)),
            slot,
        })
    }
}
