//! Disks made empty and parted.

use zshield_plan::role::Role;
use zshield_plan::step::{CreatePhysicalVolume, EraseDisk, PartitionDisk, RestoreTable};

use super::Perform;
use super::work::Work;
use crate::step_error::StepError;
use crate::{block, journal};

impl Perform for EraseDisk {
    fn perform(&self, work: &Work<'_>) -> Result<(), StepError> {
        let mut device = block::Device::open(work.binding().disks.of(self.disk))?;
        let kept = if self.disk == Role::Ssd { journal::KEPT } else { 0..0 };
        Ok(device.erase(&kept, work.within())?)
    }
}

impl Perform for PartitionDisk {
    fn perform(&self, work: &Work<'_>) -> Result<(), StepError> {
        let name = work.binding().disks.of(self.disk);
        let mut device = block::Device::open(name)?;
        device.partition_as(name, &self.table)?;
        let end = self.table.partitions.iter().map(|new| new.start.0 + new.size.0).max();
        if let Some(end) = end.filter(|_| self.discard_rest) {
            device.discard_from(end);
        }
        Ok(())
    }
}

impl Perform for RestoreTable {
    fn perform(&self, work: &Work<'_>) -> Result<(), StepError> {
        let name = work.binding().disks.of(self.disk);
        Ok(block::Device::open(name)?.restore_table(name)?)
    }
}

impl Perform for CreatePhysicalVolume {
    fn perform(&self, work: &Work<'_>) -> Result<(), StepError> {
        // One that a cut has left in parts LVM complains of, and makes no other.
        let device = work.binding().path(&self.device);
        block::Device::partition(&device)?.clear_physical_volume()?;
        work.run_all()
    }
}
