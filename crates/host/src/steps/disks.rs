//! Disks made empty and parted.

use zshield_plan::role::Role;
use zshield_plan::step::{CreatePhysicalVolume, EraseDisk, PartitionDisk};

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
        Ok(block::Device::open(name)?.partition_as(name, &self.table)?)
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
