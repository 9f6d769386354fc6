//! What each step does.

mod boot_loader;
mod files;
mod golden;
mod host_keys;
mod leave_record;
mod proof;

use zshield_golden::compare::CompareError;
use zshield_golden::slot::SlotError;
use zshield_golden::squashfs::{Squashfs, SquashfsError};
use zshield_golden::unpack::{self, Source, UnpackError};
use zshield_messages::say;
use zshield_plan::command::lvm_filter;
use zshield_plan::policy::{GroupName, VolumeName};
use zshield_plan::role::Role;
use zshield_plan::step::{Device, Step};

use crate::block;
use crate::command::{self, CommandError};
use crate::error::IoError;
use crate::fail_point::{self, Place};
use crate::journal;
use crate::ledger::LedgerStore;
use crate::mount::{self, OpenError};
use crate::observe::ObserveError;
use crate::workplace::{Observer, Workplace};

/// Why a step failed.
#[derive(Debug, thiserror::Error)]
pub enum StepError {
    /// A command failed.
    #[error(transparent)]
    Command(#[from] CommandError),
    /// Something can't be read or written.
    #[error(transparent)]
    Io(#[from] IoError),
    /// A tool's output can't be understood.
    #[error(transparent)]
    Observe(#[from] ObserveError),
    /// The payload could not be unpacked.
    #[error(transparent)]
    Unpack(#[from] UnpackError),
    /// The image can't be read.
    #[error(transparent)]
    Image(#[from] SquashfsError),
    /// The system could not be compared.
    #[error(transparent)]
    Compare(#[from] CompareError),
    /// The slot is damaged.
    #[error(transparent)]
    Slot(#[from] SlotError),
    /// What was written reads back otherwise.
    #[error("{}", say::host::reads_back_otherwise(.0))]
    ReadsBackOtherwise(String),
    /// The snapshot can't be gone back to.
    #[error("{}", say::host::snapshot_unusable(.0, .1))]
    Snapshot(String, String),
    /// The system differs from the manifest.
    #[error("{}", say::host::system_differs(.0, .1.join("; ")))]
    Differs(usize, Vec<String>),
    /// Something that must be there for booting is not.
    #[error("{}", say::host::boot_file_missing(.0))]
    BootFile(String),
    /// The boot loader is larger than its place.
    #[error("{}", say::host::too_large(.0))]
    TooLarge(String),
}

impl From<OpenError> for StepError {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Io(error) => Self::Io(error),
            OpenError::Command(error) => Self::Command(error),
        }
    }
}

/// Does one step; `number` counts from 1 and names its fail points.
pub(crate) fn run(
    number: usize,
    step: &Step,
    workplace: &Workplace<'_>,
    observer: &dyn Observer,
) -> Result<(), StepError> {
    let within = || fail_point::pass(number, Place::Within);
    let binding = &workplace.binding;
    match step {
        Step::EraseDisk { disk } => {
            let mut device = block::Device::open(binding.disks.of(*disk))?;
            let kept = if *disk == Role::Ssd { journal::KEPT } else { 0..0 };
            Ok(device.erase(&kept, within)?)
        }
        Step::PartitionDisk { disk, table } => {
            let name = binding.disks.of(*disk);
            Ok(block::Device::open(name)?.partition_as(name, table)?)
        }
        Step::CreatePhysicalVolume { .. }
        | Step::CreateVolumeGroup { .. }
        | Step::ActivateVolumes { .. }
        | Step::CreateFilesystem { .. } => run_command(step, workplace),
        Step::CreateVolume { group, volume, .. } => create_anew(step, group, volume, workplace),
        Step::CreateSnapshot { group, snapshot, .. } => {
            create_anew(step, group, snapshot, workplace)
        }
        Step::OpenGolden { .. } => {
            let image = workplace.slot.join("root.squashfs");
            Ok(mount::open_golden(&image, &workplace.manifest.header().verity)?)
        }
        Step::CloseGolden => Ok(mount::close_golden()?),
        Step::Mount { device, at, kind } => {
            Ok(mount::attach(&binding.path(device), at.as_ref(), *kind)?)
        }
        Step::Unmount { at } => Ok(mount::detach(at.as_ref())?),
        Step::Unpack { to } => {
            let counter = Counter::new(workplace.manifest.header().bytes, observer, &within);
            let advance = |bytes| counter.add(bytes);
            // Each block is checked by dm-verity as it is read, and each file by the proof.
            let image = Squashfs::open(binding.path(&Device::Golden).as_ref())?;
            let source = Source::Image(&image);
            unpack::unpack_unproved(source, to.as_ref(), workplace.manifest, &advance)?;
            Ok(())
        }
        Step::WriteFiles { at, files, .. } => files::write(at.as_ref(), files, &within),
        Step::CreateHostKeys { root } => host_keys::create(root.as_ref()),
        Step::CopyGolden { to } => golden::copy(to.as_ref(), workplace, observer, &within),
        Step::CopyFont { to } => golden::copy_font(&workplace.slot, to.as_ref()),
        Step::WriteLedger { at, ledger } => Ok(LedgerStore::in_folder(at.as_ref()).write(ledger)?),
        Step::WriteBootLoader { disk } => boot_loader::write(*disk, workplace, &within),
        Step::Prove { group, snapshot, root, written, parts } => {
            proof::prove(group, snapshot, workplace)?;
            proof::compare(root.as_ref(), written, parts, workplace, observer)
        }
        Step::WriteRecord { at } => leave_record::write(at.as_ref(), workplace),
        Step::MakeBootable { disk } => boot_loader::make_bootable(*disk, workplace, &within),
    }
}

/// Runs the step's own command.
fn run_command(step: &Step, workplace: &Workplace<'_>) -> Result<(), StepError> {
    if let Some(command) = step.command(&workplace.binding) {
        command::run(&command)?;
    }
    Ok(())
}

/// Makes a volume, once what an earlier attempt may have left of it is gone.
fn create_anew(
    step: &Step,
    group: &GroupName,
    volume: &VolumeName,
    workplace: &Workplace<'_>,
) -> Result<(), StepError> {
    let filter = lvm_filter(&workplace.binding);
    let columns = ["lvs", "--noheadings", "-o", "lv_name", group.as_str(), "--config", &filter];
    let found = command::run(&command::words("lvm", &columns))?;
    if found.lines().any(|line| line.trim() == volume.as_str()) {
        let device = Device::Volume(group.clone(), volume.clone());
        tracing::info!("{} is there from an earlier attempt", workplace.binding.path(&device));
        let name = format!("{group}/{volume}");
        let remove = ["lvremove", "--yes", "--force", &name, "--config", &filter];
        command::run(&command::words("lvm", &remove))?;
    }
    run_command(step, workplace)
}

/// Adds up what several threads have done, and passes the fail point half way.
struct Counter<'a> {
    done: std::sync::atomic::AtomicU64,
    total: u64,
    observer: &'a dyn Observer,
    half_way: &'a (dyn Fn() + Sync),
}

impl<'a> Counter<'a> {
    fn new(total: u64, observer: &'a dyn Observer, half_way: &'a (dyn Fn() + Sync)) -> Self {
        Self { done: 0.into(), total, observer, half_way }
    }

    fn add(&self, bytes: u64) {
        use std::sync::atomic::Ordering::Relaxed;
        let before = self.done.fetch_add(bytes, Relaxed);
        let after = before + bytes;
        if before < self.total / 2 && after >= self.total / 2 {
            (self.half_way)();
        }
        // Screens and serial lines are slower than this is.
        if before >> 22 != after >> 22 || after == self.total {
            self.observer.advance(after, self.total);
        }
    }
}
