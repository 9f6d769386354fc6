//! GRUB on the SSD, for BIOS and for UEFI.
//!
//! Both were made with the image and stand in the slot. Until the last step the disk lacks two
//! sectors that no firmware starts it without: its own first, and that of the EFI partition.

use zshield_golden::slot::{self, Artifact, SlotError};
use zshield_plan::model::Device;
use zshield_plan::role::Role;

use zshield_plan::step::{MakeBootable, WriteBootLoader};

use super::Perform;
use super::work::Work;
use crate::block;
use crate::context::ExecContext;
use crate::step_error::StepError;

const SECTOR: usize = 512;
/// The boot code ends where the table of the protective MBR begins.
pub(super) const BOOT_CODE: usize = 440;

/// A file of the slot, once its content has been found to be the manifest's.
pub(super) fn artifact(
    artifact: Artifact,
    context: &ExecContext<'_>,
) -> Result<Vec<u8>, StepError> {
    let image = context.image()?;
    let record = image.manifest.header().artifact(artifact);
    let record = record.ok_or(SlotError::Content { artifact })?;
    Ok(slot::read_artifact(&image.slot, record)?)
}

/// Opens a partition that must have room for this.
fn partition(
    disk: Role,
    number: u32,
    bytes: &[u8],
    context: &ExecContext<'_>,
) -> Result<block::Device, StepError> {
    let path = context.binding.path(&Device::Partition(disk, number));
    let device = block::Device::partition(&path)?;
    if bytes.len() as u64 > device.size() {
        return Err(StepError::TooLarge(path));
    }
    Ok(device)
}

/// Writes something and reads it back from the disk.
pub(super) fn put(device: &block::Device, at: u64, bytes: &[u8]) -> Result<(), StepError> {
    device.write(at, bytes)?;
    if device.read_back(at, bytes.len())? == bytes {
        Ok(())
    } else {
        Err(StepError::ReadsBackOtherwise(device.path().display().to_string()))
    }
}

impl Perform for WriteBootLoader {
    fn perform(&self, work: &Work<'_>) -> Result<(), StepError> {
        write(self.disk, work.context, &work.within())
    }
}

impl Perform for MakeBootable {
    fn perform(&self, work: &Work<'_>) -> Result<(), StepError> {
        make_bootable(self.disk, work.context, &work.within())
    }
}

/// Writes GRUB's core, and the EFI system partition all but its first sector.
fn write(disk: Role, context: &ExecContext<'_>, half_way: &dyn Fn()) -> Result<(), StepError> {
    let core = artifact(Artifact::Core, context)?;
    put(&partition(disk, 1, &core, context)?, 0, &core)?;
    half_way();
    let esp = artifact(Artifact::Esp, context)?;
    let device = partition(disk, 2, &esp, context)?;
    put(&device, 0, &[0; SECTOR])?;
    put(&device, SECTOR as u64, esp.get(SECTOR..).unwrap_or_default())
}

/// Writes the two sectors that make the disk start.
fn make_bootable(
    disk: Role,
    context: &ExecContext<'_>,
    half_way: &dyn Fn(),
) -> Result<(), StepError> {
    let esp = artifact(Artifact::Esp, context)?;
    let first = esp.get(..SECTOR).unwrap_or(&esp);
    put(&partition(disk, 2, &esp, context)?, 0, first)?;
    half_way();
    let boot = artifact(Artifact::BootSector, context)?;
    let device = block::Device::open(context.binding.disks.of(disk))?;
    // What lies behind the code belongs to the partition table.
    let mut sector = device.read_back(0, SECTOR)?;
    let code = BOOT_CODE.min(boot.len());
    sector[..code].copy_from_slice(&boot[..code]);
    put(&device, 0, &sector)
}
