//! The room on disks and physical volumes, worked out from a plan alone.

use std::collections::{BTreeMap, BTreeSet};

use zshield_units::Bytes;

use super::finding::{Finding, Findings};
use crate::model::Device;
use crate::plan::Plan;
use crate::policy::VolumeName;
use crate::role::Role;
use crate::step::NewPartition;

const MIB: u64 = 1 << 20;

/// What has been made of the disks so far.
#[derive(Default)]
pub(super) struct Space {
    partitions: BTreeMap<(Role, u32), u64>,
    physical: BTreeSet<(Role, u32)>,
    free: BTreeMap<(Role, u32), u64>,
    volumes: BTreeMap<VolumeName, u64>,
}

impl Space {
    /// The HDD's physical volume as it was found, with so much of it taken.
    pub(super) fn found(&mut self, partition: Bytes, taken: u64) {
        let hdd = (Role::Hdd, 1);
        self.partitions.insert(hdd, partition.0);
        self.physical.insert(hdd);
        self.free.insert(hdd, partition.0.saturating_sub(MIB).saturating_sub(taken));
    }

    /// A volume is there.
    pub(super) fn add_volume(&mut self, volume: &VolumeName, size: Bytes) {
        self.volumes.insert(volume.clone(), size.0);
    }

    /// A disk is parted.
    pub(super) fn part(
        &mut self,
        disk: Role,
        partitions: &[NewPartition],
        plan: &Plan,
        findings: &mut Findings,
    ) {
        let size = plan.disks.of(disk).size.0;
        let mut begin = MIB;
        for (number, new) in (1..).zip(partitions) {
            let aligned = new.start.0.is_multiple_of(MIB) && new.size.0.is_multiple_of(MIB);
            let end = new.start.0.saturating_add(new.size.0);
            let fits = aligned
                && new.size.0 > 0
                && new.start.0 >= begin
                && new.number == number
                && end <= size.saturating_sub(MIB);
            let (start, end) = (new.start, Bytes(end));
            findings.require(fits, || Finding::PartitionMisplaced { disk, number, start, end });
            begin = end.0;
            self.partitions.insert((disk, number), new.size.0);
        }
    }

    /// A device is used that must have been made.
    pub(super) fn made(&self, device: &Device, findings: &mut Findings) {
        let there = match device {
            Device::Partition(role, number) => self.partitions.contains_key(&(*role, *number)),
            Device::Volume(_, volume) => self.volumes.contains_key(volume),
            Device::FactoryView(_) => false,
            Device::Golden => true,
        };
        findings.require(there, || Finding::UsedBeforeMade(device.clone()));
    }

    /// A partition becomes a physical volume.
    pub(super) fn prepare(&mut self, device: &Device, findings: &mut Findings) {
        self.made(device, findings);
        match device {
            Device::Partition(role, number) => {
                self.physical.insert((*role, *number));
            }
            Device::Volume(..) | Device::FactoryView(_) | Device::Golden => {}
        }
    }

    /// A physical volume becomes one of the group's.
    pub(super) fn join(&mut self, device: &Device, findings: &mut Findings) {
        let joined = match device {
            Device::Partition(role, number) => {
                let place = (*role, *number);
                // LVM keeps its first MiB for itself.
                let size = self.partitions.get(&place).copied().unwrap_or(0);
                self.free.insert(place, size.saturating_sub(MIB));
                self.physical.contains(&place)
            }
            Device::Volume(..) | Device::FactoryView(_) | Device::Golden => false,
        };
        findings.require(joined, || Finding::UsedBeforeMade(device.clone()));
    }

    /// A volume takes room on a physical volume.
    pub(super) fn take(&mut self, on: &Device, size: Bytes, findings: &mut Findings) {
        let left = match on {
            Device::Partition(role, number) => self.free.get_mut(&(*role, *number)),
            Device::Volume(..) | Device::FactoryView(_) | Device::Golden => None,
        };
        let has = left.as_deref().copied().unwrap_or(0);
        let fits = size.0 > 0 && size.0 <= has;
        findings.require(fits, || Finding::NoRoom { on: on.clone(), has: Bytes(has), needs: size });
        if let Some(left) = left {
            *left = has.saturating_sub(size.0);
        }
    }

    /// The size of a volume; zero where it is not there.
    pub(super) fn size_of(&self, volume: &VolumeName) -> Bytes {
        Bytes(self.volumes.get(volume).copied().unwrap_or(0))
    }
}

/// The least COW store that holds a change of every chunk of its origin: every chunk, 16 bytes of
/// table for each, the header, and a last area of the table.
pub(super) fn least_store(origin: Bytes, chunk: Bytes) -> Bytes {
    let chunks = origin.0.div_ceil(chunk.0.max(1));
    let table = chunks.saturating_mul(16).div_ceil(chunk.0.max(1)) + 1;
    Bytes((chunks + table + 1).saturating_mul(chunk.0))
}
