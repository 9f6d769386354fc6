//! The ids by which a system knows the partitions of its disk.

use crate::id::Slot;
use crate::model::{Binding, Device};
use crate::own::{OwnPartitions, PartitionIds};
use crate::role::Role;
use crate::volumes::{BOOT, GOLDEN, physical};
use crate::world::Disk;

/// Those of an installed appliance, among these disks; nothing where they can't be told.
pub fn partition_ids(binding: &Binding, disks: &[Disk], slot: Slot) -> Option<PartitionIds> {
    let id = |device: &Device| {
        let parts = disks.iter().flat_map(|disk| {
            disk.partitions.iter().map(|part| (disk.name.partition(part.number), part.id))
        });
        let wanted = binding.path(device);
        parts.into_iter().find(|(node, _)| *node == wanted)?.1
    };
    Some(PartitionIds {
        boot: id(&BOOT)?,
        own: OwnPartitions { golden: id(&GOLDEN)?, hdd: id(&physical(Role::Hdd)) },
        ssd: id(&physical(Role::Ssd)),
        slot,
    })
}
