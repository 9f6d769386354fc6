//! The steps of a recovery without a restart.

use std::collections::BTreeSet;

use super::values::Services;
use crate::appliance::Appliance;
use crate::ledger::Ledger;
use crate::model::{Files, RestoreScope, Target};
use crate::own::PartitionIds;
use crate::plan::{Operation, Plan};
use crate::recover::{RestoreSource, Unavailable, restore_source};
use crate::repair::{Repaired, checks, compared};
use crate::saved;
use crate::step::{
    Arm, Disarm, ForgetOnly, NoteOnly, ReloadManager, RestartServices, StartServices, Step,
    StopServices, WriteLedger,
};
use crate::way_back::FileSource;

/// The running system that is put right.
pub struct Running<'a> {
    /// The appliance.
    pub appliance: &'a Appliance,
    /// Its ledger.
    pub ledger: &'a Ledger,
    /// Where its root is: `/`.
    pub root: &'a str,
    /// Its partitions, where they can be told.
    pub partitions: Option<&'a PartitionIds>,
}

/// The whole plan, for the running system itself.
///
/// Before its first write GRUB is told to go on with the recovery, and the rescue system with
/// which one; both words go when all is proved. What both of them need comes first: `/boot` may have
/// been emptied. Services come after that: what they run from is
/// right by then, whatever becomes of them.
pub fn plan(
    running: &Running<'_>,
    target: Target,
    files: &Files,
    services: &Services,
) -> Result<Plan, Unavailable> {
    let Running { appliance, ledger, root, partitions } = *running;
    let (from, saved) = sound(appliance, target)?;
    let within = |path: &str| format!("{}/{path}", root.trim_end_matches('/'));
    match from {
        // Its menu may be of another SSD, and nobody could make it one of this.
        FileSource::Generation(_) if partitions.is_none() => return Err(Unavailable::Disk),
        FileSource::Generation(_) | FileSource::Backup(_) => {}
    }
    let (grub, whole) = (within("boot/zshield"), files.only.is_empty());
    let group = &appliance.binding.group;
    let mut steps = checks(group, from, files);
    if whole && appliance.only.is_some() {
        steps.push(Step::ForgetOnly(ForgetOnly { at: grub.clone() }));
    }
    if !whole {
        let only = RestoreScope { target, files: files.clone() };
        steps.push(Step::NoteOnly(NoteOnly { at: grub.clone(), only }));
    }
    steps.push(Step::Arm(Arm { at: grub.clone(), target }));
    if whole {
        let (version, image) = (saved.version.clone(), saved.image.clone());
        let disks = appliance.disks.clone();
        let ledger = Ledger { disks, ..ledger.clone() }.with_system(version, image);
        steps.push(Step::WriteLedger(WriteLedger { at: grub.clone(), ledger }));
    }
    steps.extend(units(&services.stop, |units| Step::StopServices(StopServices { units })));
    let boot = within("boot");
    steps.extend(compared(&Repaired { group, root, boot: &boot, partitions }, from, files));
    steps.push(Step::Disarm(Disarm { at: grub.clone() }));
    if !whole {
        steps.push(Step::ForgetOnly(ForgetOnly { at: grub }));
    }
    if services.reload || services.anew {
        steps.push(Step::ReloadManager(ReloadManager { anew: services.anew }));
    }
    steps.extend(units(&services.start, |units| Step::StartServices(StartServices { units })));
    steps
        .extend(units(&services.restart, |units| Step::RestartServices(RestartServices { units })));
    Ok(Plan {
        operation: Operation::Recover(target),
        image: saved.image.clone(),
        version: saved.version.clone(),
        disks: appliance.disks.clone(),
        group: group.clone(),
        layout: None,
        steps,
    })
}

/// Whether this can be done while the system runs: nothing has begun, or the very same, which is
/// gone on with. Of another one root is half of two.
pub fn may_go_on(appliance: &Appliance, target: Target, only: &[String]) -> bool {
    let set = |paths: &[String]| paths.iter().cloned().collect::<BTreeSet<String>>();
    let same = |begun| {
        let with = appliance.begun_with().map(|files| set(&files.only));
        begun == target && with.unwrap_or_default() == set(only)
    };
    appliance.begun.is_none_or(same)
}

fn units(units: &[String], step: impl FnOnce(Vec<String>) -> Step) -> Option<Step> {
    (!units.is_empty()).then(|| step(units.to_vec()))
}

/// What a target is read from, and what it says of itself. Only a backup and a generation can be compared with.
fn sound(
    appliance: &Appliance,
    target: Target,
) -> Result<(FileSource, &saved::BootSetMeta), Unavailable> {
    match restore_source(appliance, target)? {
        RestoreSource::CopyBack { from, facts } => {
            Ok((FileSource::Backup(from), facts.saved.as_ref().ok_or(Unavailable::Boot)?))
        }
        RestoreSource::Files { generation, saved } => {
            Ok((FileSource::Generation(generation), saved))
        }
        RestoreSource::Unpack(lack) => Err(lack),
    }
}
