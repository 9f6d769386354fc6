//! The steps of a recovery without a restart; and of one that ends it after a cut.

use std::collections::BTreeSet;

use super::Services;
use crate::appliance::{Appliance, Only};
use crate::ledger::Ledger;
use crate::plan::{Operation, Plan};
use crate::recover::{BOOT_AT, RestoreSource, Target, Unavailable, restore_source};
use crate::saved;
use crate::step::{Device, Files, MountAs, Step};
use crate::volumes::{MOUNTS, ROOT, named};

/// The running system that is put right.
pub struct Running<'a> {
    /// The appliance.
    pub appliance: &'a Appliance,
    /// Its ledger.
    pub ledger: &'a Ledger,
    /// Where its root is: `/`.
    pub root: &'a str,
}

/// Where the snapshot is mounted meanwhile.
const SNAPSHOT: &str = "/run/zshield/mnt/snapshot";

/// The whole plan, for the running system itself.
///
/// Before its first write GRUB is told to go on with the recovery, and the rescue system with
/// which one; both words go when all is proved. Services come after that: what they run from is
/// right by then, whatever becomes of them.
pub fn plan(
    running: &Running<'_>,
    target: Target,
    files: &Files,
    services: &Services,
) -> Result<Plan, Unavailable> {
    let Running { appliance, ledger, root } = running;
    let (snapshot, saved) = sound(appliance, target)?;
    let within = |path: &str| format!("{}/{path}", root.trim_end_matches('/'));
    let (grub, whole) = (within("boot/zshield"), files.only.is_empty());
    let group = &appliance.binding.group;
    let mut steps = Vec::new();
    if whole && appliance.only.is_some() {
        steps.push(Step::ForgetOnly { at: grub.clone() });
    }
    if !whole {
        let only = Only { target, files: files.clone() };
        steps.push(Step::NoteOnly { at: grub.clone(), only });
    }
    steps.push(Step::Arm { at: grub.clone(), target });
    steps.extend(units(&services.stop, |units| Step::StopServices { units }));
    steps.extend(compared(group, snapshot, root, files, &within("boot")));
    if whole {
        let (version, image) = (saved.version.clone(), saved.image.clone());
        let ledger = Ledger { version, image, ..(*ledger).clone() };
        steps.push(Step::WriteLedger { at: grub.clone(), ledger });
    }
    steps.push(Step::Disarm { at: grub.clone() });
    if !whole {
        steps.push(Step::ForgetOnly { at: grub });
    }
    if services.reload || services.anew {
        steps.push(Step::ReloadManager { anew: services.anew });
    }
    steps.extend(units(&services.start, |units| Step::StartServices { units }));
    steps.extend(units(&services.restart, |units| Step::RestartServices { units }));
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

/// What the rescue system does in place of copying back, where a recovery of some files alone was
/// cut off: the same, with root mounted.
pub fn put_right(appliance: &Appliance, snapshot: &'static str, files: &Files) -> Vec<Step> {
    let group = &appliance.binding.group;
    let at = format!("{MOUNTS}/root");
    let mut steps = vec![
        Step::ActivateVolumes { group: group.clone() },
        Step::Mount {
            device: Device::Volume(group.clone(), named(ROOT)),
            at: at.clone(),
            kind: MountAs::Ext4,
        },
    ];
    steps.extend(compared(group, snapshot, &at, files, BOOT_AT));
    steps.push(Step::Unmount { at });
    steps
}

fn compared(
    group: &crate::policy::GroupName,
    snapshot: &'static str,
    root: &str,
    files: &Files,
    boot: &str,
) -> Vec<Step> {
    let (from, to) = (SNAPSHOT.to_owned(), root.to_owned());
    let device = Device::Volume(group.clone(), named(snapshot));
    let mut steps = vec![
        Step::Mount { device, at: from.clone(), kind: MountAs::Ext4Frozen },
        Step::PutRight { from: from.clone(), to: to.clone(), files: files.clone() },
    ];
    if restores_boot(files) {
        let set = format!("{from}/{}", saved::DIRECTORY);
        steps.push(Step::RestoreBoot { from: set, to: boot.to_owned() });
    }
    steps.extend([
        Step::ProveRight { from: from.clone(), to, files: files.clone() },
        Step::Unmount { at: from },
    ]);
    steps
}

/// Root and `/boot` match: they go back together, but where only files of root are asked for.
pub fn restores_boot(files: &Files) -> bool {
    let of_boot = |path: &String| path == "boot" || path.starts_with("boot/");
    files.only.is_empty() || files.only.iter().any(of_boot)
}

fn units(units: &[String], step: impl FnOnce(Vec<String>) -> Step) -> Option<Step> {
    (!units.is_empty()).then(|| step(units.to_vec()))
}

/// The snapshot of a target, and what it says of itself. Only a snapshot can be compared with.
fn sound(
    appliance: &Appliance,
    target: Target,
) -> Result<(&'static str, &saved::Saved), Unavailable> {
    match restore_source(appliance, target)? {
        RestoreSource::CopyBack { snapshot, facts } => {
            Ok((snapshot, facts.saved.as_ref().ok_or(Unavailable::Boot)?))
        }
        RestoreSource::Unpack(lack) => Err(lack),
    }
}
