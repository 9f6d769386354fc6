//! The boot loader on an SSD that is started from it, written so that a cut leaves one that starts.
//!
//! See the step's own definition for the order. Here are the two places of each firmware.

use zshield_formats::boot_loader::{SECTOR, fat, grub};
use zshield_golden::slot::Artifact;
use zshield_plan::model::Device;
use zshield_plan::role::Role;
use zshield_plan::step::RenewBootLoader;

use super::Perform;
use super::boot_loader::{BOOT_CODE, artifact};
use super::work::Work;
use crate::block;
use crate::context::ExecContext;
use crate::step_error::StepError;

/// How much is read and written at a time.
const TAKEN: usize = 1 << 20;

/// A disk or a partition, as far as it is looked at and written here.
trait Blocks {
    /// How long it is, in bytes.
    fn length(&self) -> u64;
    /// The bytes at a place, from the disk.
    fn read(&self, at: u64, length: usize) -> Result<Vec<u8>, StepError>;
    /// Writes bytes, makes them durable, and reads them back.
    fn put(&self, at: u64, bytes: &[u8]) -> Result<(), StepError>;
    /// Its name, for an error.
    fn name(&self) -> String;
}

impl Blocks for block::Device {
    fn length(&self) -> u64 {
        self.size()
    }

    fn read(&self, at: u64, length: usize) -> Result<Vec<u8>, StepError> {
        Ok(self.read_back(at, length)?)
    }

    fn put(&self, at: u64, bytes: &[u8]) -> Result<(), StepError> {
        super::boot_loader::put(self, at, bytes)
    }

    fn name(&self) -> String {
        self.path().display().to_string()
    }
}

impl Perform for RenewBootLoader {
    fn perform(&self, work: &Work<'_>) -> Result<(), StepError> {
        let partition = |number| {
            block::Device::partition(&work.binding().path(&Device::Partition(self.disk, number)))
        };
        let of = |name| artifact(name, work.context);
        let (boot, core, esp) =
            (of(Artifact::BootSector)?, of(Artifact::Core)?, of(Artifact::Esp)?);
        let disk = block::Device::open(work.binding().disks.of(self.disk))?;
        renew_core(&disk, &partition(1)?, &boot, &core, &work.within())?;
        renew_esp(&partition(2)?, &esp, MOVED)
    }
}

/// Whether the boot loader on a disk is the image's, in its usual place.
pub(crate) fn is_whole(disk: Role, context: &ExecContext<'_>) -> Result<bool, StepError> {
    let of = |name| artifact(name, context);
    let (boot, core, esp) = (of(Artifact::BootSector)?, of(Artifact::Core)?, of(Artifact::Esp)?);
    let partition =
        |number| block::Device::partition(&context.binding.path(&Device::Partition(disk, number)));
    let sector = Blocks::read(&block::Device::open(context.binding.disks.of(disk))?, 0, SECTOR)?;
    let used = used(&esp);
    Ok(with_code(&sector, &boot) == sector
        && read(&partition(1)?, core.len())? == core
        && read(&partition(2)?, used)? == esp[..used])
}

/// The disk's first sector with this boot code. What lies behind the code belongs to the partition table.
fn with_code(sector: &[u8], boot: &[u8]) -> Vec<u8> {
    let mut sector = sector.to_vec();
    let code = BOOT_CODE.min(boot.len()).min(sector.len());
    sector[..code].copy_from_slice(&boot[..code]);
    sector
}

/// GRUB for BIOS. Its usual place is the beginning of its partition, the other one the second half.
fn renew_core(
    disk: &dyn Blocks,
    partition: &dyn Blocks,
    boot: &[u8],
    core: &[u8],
    half_way: &dyn Fn(),
) -> Result<(), StepError> {
    let too_large = || StepError::TooLarge(partition.name());
    let half = partition.length() / 2 / SECTOR as u64 * SECTOR as u64;
    let usual = grub::core_place(boot).ok_or_else(too_large)?;
    let other = usual + half / SECTOR as u64;
    let sector = disk.read(0, SECTOR)?;
    let is_other = grub::core_place(&sector) == Some(other);
    let now = partition.read(0, core.len().min(usize::try_from(half).unwrap_or(usize::MAX)))?;
    if !is_other && now == core && with_code(&sector, boot) == sector {
        return Ok(());
    }
    // The one that is started now must not reach into the other place. What is damaged starts nothing.
    let is_started = grub::core_place(&sector) == Some(usual);
    let in_use = grub::core_length(&now, usual).filter(|_| is_started).unwrap_or_default();
    if core.len().max(in_use) as u64 > half {
        return Err(too_large());
    }
    if !is_other {
        let moved = grub::core_for(core, other).ok_or_else(too_large)?;
        partition.put(half, &moved)?;
        half_way();
        let naming_other = grub::with_core_at(boot, other).ok_or_else(too_large)?;
        disk.put(0, &with_code(&sector, &naming_other))?;
    }
    // Nobody looks at the usual place now.
    partition.put(0, core)?;
    disk.put(0, &with_code(&sector, boot))
}

/// With so many sectors before its FAT, a filesystem lies in the other place: in the usual one it has 32.
const MOVED: u16 = 1 << 12;

/// The EFI system partition. Its FAT's usual place is the beginning, the other one as far behind as it fits. The
/// two may overlap in clusters that neither uses.
fn renew_esp(partition: &dyn Blocks, esp: &[u8], moved: u16) -> Result<(), StepError> {
    let too_large = || StepError::TooLarge(partition.name());
    let first = esp.get(..SECTOR).ok_or_else(too_large)?;
    let reserved =
        fat::reserved(first).filter(|reserved| *reserved < moved).ok_or_else(too_large)?;
    let used = used(esp);
    let now = partition.read(0, SECTOR)?;
    if let Some(found) = fat::reserved(&now).filter(|found| *found >= moved) {
        // A cut came before the last change of the first sector. Nobody looks at the usual place now.
        if used > usize::from(found - reserved) * SECTOR {
            return Err(too_large());
        }
        put(partition, SECTOR, &esp[SECTOR..used])?;
        partition.put(0, first)?;
    } else {
        let room = partition.length().checked_sub(esp.len() as u64).ok_or_else(too_large)?;
        let there = read(partition, esp.len())?;
        if there == esp {
            return Ok(());
        }
        // All but what nothing uses: a cut came after the last change of the first sector.
        if there[..used] != esp[..used] {
            // As many sectors as the first one can tell of.
            let most = u64::from(u16::MAX - reserved.max(fat::backup(first).unwrap_or(0)));
            let by = u16::try_from((room / SECTOR as u64).min(most)).map_err(|_| too_large())?;
            // What lies behind that now may be left of a cut here. The filesystem that is in use has one
            // loader at its beginning: whoever wrote it here has looked, and the installation's is as small.
            if by < moved || used > usize::from(by) * SECTOR {
                return Err(too_large());
            }
            through(partition, &esp[..used], by).and_then(|done| done.ok_or_else(too_large))?;
        }
    }
    // What is left behind it is of no filesystem now.
    put(partition, used, &esp[used..])
}

/// Writes what is used of the image to the place that lies so many sectors further behind, and has the first sector
/// name that; then to the usual place. Nothing where its first sector can't say so.
fn through(partition: &dyn Blocks, used: &[u8], by: u16) -> Result<Option<()>, StepError> {
    let (first, rest) = used.split_at(SECTOR);
    let Some(moved) = fat::moved(first, by) else { return Ok(None) };
    let other = usize::from(by) * SECTOR;
    put(partition, other + SECTOR, rest)?;
    if let Some(backup) = fat::backup(first) {
        partition.put((other + usize::from(backup) * SECTOR) as u64, &moved)?;
    }
    partition.put(0, &moved)?;
    put(partition, SECTOR, rest)?;
    partition.put(0, first)?;
    Ok(Some(()))
}

/// How much of an image is anything but zeros, in whole sectors; one at least.
fn used(image: &[u8]) -> usize {
    let end = image.iter().rposition(|byte| *byte != 0).map_or(1, |last| last + 1);
    end.next_multiple_of(SECTOR).min(image.len())
}

fn read(partition: &dyn Blocks, length: usize) -> Result<Vec<u8>, StepError> {
    let mut bytes = Vec::with_capacity(length);
    while bytes.len() < length {
        let now = TAKEN.min(length - bytes.len());
        bytes.extend(partition.read(bytes.len() as u64, now)?);
    }
    Ok(bytes)
}

fn put(partition: &dyn Blocks, at: usize, bytes: &[u8]) -> Result<(), StepError> {
    for (number, piece) in bytes.chunks(TAKEN).enumerate() {
        partition.put((at + number * TAKEN) as u64, piece)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
