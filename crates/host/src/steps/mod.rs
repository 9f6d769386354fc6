//! What each step does.

mod backup;
mod boot_loader;
mod copy_back;
mod files;
mod golden;
mod host_keys;
mod leave_record;
mod proof;
mod put_right;
mod services;

use serde::Deserialize;
use zshield_golden::squashfs::Squashfs;
use zshield_golden::unpack::{self, Source};
use zshield_plan::grubenv::EnvKey;
use zshield_plan::model::Device;
use zshield_plan::policy::{GroupName, VolumeName};
use zshield_plan::role::Role;
use zshield_plan::step::Step;

use crate::boot_backup;
use crate::context::{ExecContext, Observer};
use crate::fail_point::{self, Place};
use crate::grubenv::Grubenv;
use crate::hooks;
use crate::ledger::LedgerStore;
use crate::mount;
use crate::observe::lvm_of;
use crate::outcome::{self, Outcome};
use crate::step_error::StepError;
use crate::{block, command, degraded, journal, restore_scope};

/// Does one step; `number` counts from 1 and names its fail points.
// One arm for each step.
#[allow(clippy::too_many_lines)]
pub(crate) fn run(
    number: usize,
    step: &Step,
    context: &ExecContext<'_>,
    observer: &dyn Observer,
) -> Result<(), StepError> {
    let within = || fail_point::pass(number, Place::Within);
    let binding = &context.binding;
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
        Step::CreatePhysicalVolume { device, .. } => {
            // One that a cut has left in parts LVM complains of, and makes no other.
            block::Device::partition(&binding.path(device))?.clear_physical_volume()?;
            run_command(step, context)
        }
        Step::CreateVolumeGroup { .. }
        | Step::ActivateVolumes { .. }
        | Step::ReduceGroup { .. }
        | Step::CreateFilesystem { .. } => run_command(step, context),
        Step::StopServices { .. }
        | Step::ReloadManager { .. }
        | Step::StartServices { .. }
        | Step::RestartServices { .. } => {
            services::run(step, context, observer);
            Ok(())
        }
        Step::CreateVolume { group, volume, .. } => create_anew(step, group, volume, context),
        Step::CreateSnapshot { group, snapshot, hooks: None, .. } => {
            create_anew(step, group, snapshot, context)
        }
        Step::CreateSnapshot { group, snapshot, hooks: Some(limit), .. } => {
            let told = hooks::quiesce(*limit, || create_anew(step, group, snapshot, context))?;
            // The snapshot is taken: whether it is a backup does not depend on who goes on badly.
            if let Err(error) = told {
                observer.warn(&error.to_string());
            }
            Ok(())
        }
        Step::UpdateMetadata { .. } => update_metadata(step, context),
        Step::RemoveVolume { group, volume } => {
            if volumes(group, context)?.contains(&volume.to_string()) {
                run_command(step, context)?;
            }
            Ok(())
        }
        Step::RenameVolume { group, from, .. } => {
            if volumes(group, context)?.contains(&from.to_string()) {
                run_command(step, context)?;
            }
            Ok(())
        }
        Step::ExtendGroup { group, device } => {
            if !members(group, context)?.contains(&binding.path(device)) {
                run_command(step, context)?;
            }
            Ok(())
        }
        Step::SaveBoot { boot, to, saved } => {
            Ok(boot_backup::save(boot.as_ref(), to.as_ref(), saved, &within)?)
        }
        Step::ProveBackup { group, snapshot, set, boot } => {
            proof::prove(group, snapshot, context)?;
            backup::prove(group, snapshot, set.as_ref(), boot.as_ref(), context)
        }
        Step::CheckSnapshot { group, snapshot, origin, set } => {
            copy_back::check(group, snapshot, origin)?;
            boot_backup::check(set.as_ref())?;
            Ok(())
        }
        Step::Arm { at, target } => {
            let words = [(EnvKey::Recover, Some(target.name())), (EnvKey::Request, None)];
            Ok(Grubenv::in_directory(at.as_ref()).set(&words)?)
        }
        Step::Disarm { at } => {
            let words = [(EnvKey::Recover, None), (EnvKey::Tries, None)];
            Ok(Grubenv::in_directory(at.as_ref()).set(&words)?)
        }
        Step::ForgetDegraded { at } => Ok(degraded::clear(at.as_ref())?),
        Step::NoteOutcome { at, operation, began } => {
            Ok(outcome::write(at.as_ref(), &Outcome::success(operation, *began))?)
        }
        Step::CopyBack { group, snapshot, origin } => {
            copy_back::copy(group, snapshot, origin, observer, &within)
        }
        Step::ProveCopy { group, snapshot, origin } => {
            copy_back::prove(group, snapshot, origin, observer)
        }
        Step::RestoreBoot { from, to } => {
            Ok(boot_backup::restore(from.as_ref(), to.as_ref(), &within)?)
        }
        Step::NoteOnly { at, only } => Ok(restore_scope::write(at.as_ref(), only)?),
        Step::ForgetOnly { at } => Ok(restore_scope::clear(at.as_ref())?),
        Step::PutRight { from, to, files } => {
            put_right::put_right(from.as_ref(), to.as_ref(), files, observer, &within)
        }
        Step::ProveRight { from, to, files } => put_right::prove(from.as_ref(), to.as_ref(), files),
        Step::OpenGolden { .. } => {
            let image = context.image()?;
            let payload = image.slot.join("root.squashfs");
            Ok(mount::open_golden(&payload, &image.manifest.header().verity)?)
        }
        Step::CloseGolden => Ok(mount::close_golden()?),
        Step::Mount { device, at, kind } => {
            Ok(mount::attach(&binding.path(device), at.as_ref(), *kind)?)
        }
        Step::Unmount { at } => Ok(zshield_linux::mount::detach(at.as_ref())?),
        Step::Unpack { to } => {
            let manifest = context.image()?.manifest;
            let counter = Counter::new(manifest.header().bytes, observer, &within);
            let advance = |bytes| counter.add(bytes);
            // Each block is checked by dm-verity as it is read, and each file by the proof.
            let image = Squashfs::open(binding.path(&Device::Golden).as_ref())?;
            let source = Source::Image(&image);
            unpack::unpack_unproved(source, to.as_ref(), manifest, &advance)?;
            Ok(())
        }
        Step::WriteFiles { at, files, .. } => files::write(at.as_ref(), files, &within),
        Step::CreateHostKeys { root } => host_keys::create(root.as_ref()),
        Step::CopyGolden { to } => golden::copy(to.as_ref(), context, observer, &within),
        Step::CopyBootFiles { to } => golden::copy_boot_files(to.as_ref(), context),
        Step::WriteLedger { at, ledger } => {
            Ok(LedgerStore::in_directory(at.as_ref()).write(ledger)?)
        }
        Step::WriteBootLoader { disk } => boot_loader::write(*disk, context, &within),
        Step::Prove { group, snapshot, root, written, parts } => {
            proof::prove(group, snapshot, context)?;
            proof::compare(root.as_ref(), written, parts, context, observer)
        }
        Step::WriteRecord { at } => leave_record::write(at.as_ref(), context),
        Step::MakeBootable { disk } => boot_loader::make_bootable(*disk, context, &within),
    }
}

/// Runs the step's own command.
fn run_command(step: &Step, context: &ExecContext<'_>) -> Result<(), StepError> {
    if let Some(command) = step.command(&context.binding) {
        command::run(&command)?;
    }
    Ok(())
}

/// Has LVM write its notes of the group to both disks: twice, since a torn copy that looks to the
/// first scan like the other one is left alone by it (“not repairing bad metadata”), and is found
/// out only once the other one is a step ahead.
fn update_metadata(step: &Step, context: &ExecContext<'_>) -> Result<(), StepError> {
    /// LVM's `EINVALID_CMD_LINE`.
    const NOT_UNDERSTOOD: i32 = 3;
    for _ in 0..2 {
        match run_command(step, context) {
            // LVM before 2.03 has no word for it, and does it by itself with whatever it writes.
            Err(StepError::Command(error)) if error.code() == Some(NOT_UNDERSTOOD) => {}
            other => other?,
        }
    }
    Ok(())
}

/// Makes a volume, once what an earlier attempt may have left of it is gone.
fn create_anew(
    step: &Step,
    group: &GroupName,
    volume: &VolumeName,
    context: &ExecContext<'_>,
) -> Result<(), StepError> {
    if volumes(group, context)?.contains(&volume.to_string()) {
        let device = Device::Volume(group.clone(), volume.clone());
        tracing::info!("{} is there from an earlier attempt", context.binding.path(&device));
        let name = format!("{group}/{volume}");
        lvm_of(&context.binding).run(&["lvremove", "--yes", "--force", &name])?;
    }
    run_command(step, context)
}

/// The names of a group's volumes.
fn volumes(group: &GroupName, context: &ExecContext<'_>) -> Result<Vec<String>, StepError> {
    #[derive(Deserialize)]
    struct Row {
        lv_name: String,
    }
    let words = ["lvs", "-o", "lv_name", group.as_str()];
    let rows: Vec<Row> = lvm_of(&context.binding).report(&words)?;
    Ok(rows.into_iter().map(|row| row.lv_name).collect())
}

/// The physical volumes of a group.
fn members(group: &GroupName, context: &ExecContext<'_>) -> Result<Vec<String>, StepError> {
    #[derive(Deserialize)]
    struct Row {
        pv_name: String,
    }
    let words = ["pvs", "-o", "pv_name", "--select", &format!("vg_name={group}")];
    let rows: Vec<Row> = lvm_of(&context.binding).report(&words)?;
    Ok(rows.into_iter().map(|row| row.pv_name).collect())
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

#[cfg(test)]
mod tests {
    use crate::step_error::StepError;

    #[test]
    fn a_snapshot_is_named_before_what_is_wrong_with_it() {
        let said = StepError::Snapshot("vgroup/snap1".into(), "REASON".into()).to_string();
        let (snapshot, reason) = (said.find("vgroup/snap1"), said.find("REASON"));
        assert!(snapshot.is_some() && snapshot < reason, "{said}");
    }
}
