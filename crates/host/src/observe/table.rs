//! Ids and names of partitions, from the partition table itself: older kernels don't tell them.

use std::fs::File;
use std::os::unix::fs::FileExt as _;

use zshield_formats::gpt::GPTPartitionEntry;
use zshield_plan::id::Uuid;
use zshield_plan::world::{Disk, Partition};
use zshield_units::Bytes;

use zshield_linux::IoError;

/// Gives a disk's partitions their ids and names, where it has a GPT that can be read.
pub(crate) fn name_partitions(disk: &mut Disk) -> Result<(), IoError> {
    let table = read(disk)?;
    for partition in &mut disk.partitions {
        if let Some((_, entry)) = table.iter().find(|(number, _)| *number == partition.number) {
            (partition.id, partition.label) = names(entry);
        }
    }
    Ok(())
}

/// Gives a disk of which the kernel knows no partition those of its table.
pub(super) fn add_partitions(disk: &mut Disk) -> Result<(), IoError> {
    let sector = u64::from(disk.sector);
    let partition = |(number, entry): (u32, GPTPartitionEntry)| {
        let sectors = entry.ending_lba.saturating_sub(entry.starting_lba).saturating_add(1);
        let size = Bytes(sectors.saturating_mul(sector));
        let (id, label) = names(&entry);
        Partition { number, size, id, label, content: None }
    };
    disk.partitions = read(disk)?.into_iter().map(partition).collect();
    Ok(())
}

/// The partitions of a disk's GPT; none where it has no such table.
fn read(disk: &Disk) -> Result<Vec<(u32, GPTPartitionEntry)>, IoError> {
    let node = disk.name.device();
    let mut device = File::open(&node).map_err(IoError::at(&node))?;
    // Of a disk that does not answer, nobody can say that it has no table.
    device.read_exact_at(&mut [0; 512], 0).map_err(IoError::at(&node))?;
    Ok(zshield_formats::gpt::partitions(&mut device, u64::from(disk.sector)).unwrap_or_default())
}

fn names(entry: &GPTPartitionEntry) -> (Option<Uuid>, Option<String>) {
    let name = entry.partition_name.as_str();
    let label = (!name.is_empty()).then(|| name.to_owned());
    (Some(Uuid::from_gpt(entry.unique_partition_guid)), label)
}
