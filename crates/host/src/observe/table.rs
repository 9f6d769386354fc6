//! Ids and names of partitions, from the partition table itself: older kernels don't tell them.

use std::fs::File;
use std::os::unix::fs::FileExt as _;

use zshield_plan::id::Uuid;
use zshield_plan::world::Disk;

use zshield_linux::IoError;

/// Gives a disk's partitions their ids and names, where it has a GPT that can be read.
pub(crate) fn name_partitions(disk: &mut Disk) -> Result<(), IoError> {
    let node = disk.name.device();
    let mut device = File::open(&node).map_err(IoError::at(&node))?;
    // Of a disk that does not answer, nobody can say that it has no table.
    device.read_exact_at(&mut [0; 512], 0).map_err(IoError::at(&node))?;
    // A disk without a GPT has nothing to be named.
    let Ok(table) = zshield_formats::gpt::partitions(&mut device, u64::from(disk.sector)) else {
        return Ok(());
    };
    for partition in &mut disk.partitions {
        let Some((_, entry)) = table.iter().find(|(number, _)| *number == partition.number) else {
            continue;
        };
        partition.id = Some(Uuid::from_gpt(entry.unique_partition_guid));
        let name = entry.partition_name.as_str();
        partition.label = (!name.is_empty()).then(|| name.to_owned());
    }
    Ok(())
}
