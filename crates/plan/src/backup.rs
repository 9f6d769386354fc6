//! A backup: a new snapshot is made and proved beside the old one, and takes its name.
//!
//! There is no journal: what a cut has left is seen in the names of the volumes, and the next
//! backup begins with ending it.
//!
//! An appliance whose factory snapshot is of no use gets it anew at the end.

use std::time::Duration;

use zshield_messages::say;

use crate::appliance::{Appliance, SnapshotSync};
use crate::factory::{self, FactoryRebuild};
use crate::grub::DIRECTORY as DIRECTORY_OF_GRUB;
use crate::layout::worst_case_cow;
use crate::model::Target;
use crate::plan::{Operation, Plan};
use crate::policy::Policy;
use crate::role::Role;
use crate::saved::{BootSetMeta, DIRECTORY};
use crate::step::{
    CreateSnapshot, ForgetDegraded, Mount, MountAs, RemoveVolume, RenameVolume, SaveBoot, Step,
    Unmount, UpdateMetadata, VerifyBackup,
};
use crate::volumes::{FACTORY, LATEST, MOUNTS, NEXT, OLD, ROOT, named, physical};

/// Why no backup can be made; nothing was changed, and what backups there are stay.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// A disk of the group is missing: no snapshot can be made.
    #[error("{}", say::backup::disk_missing())]
    DiskMissing,
    /// The system was started without its snapshots.
    #[error("{}", say::backup::apart())]
    Detached,
    /// There is no root volume.
    #[error("{}", say::backup::no_root())]
    NoRoot,
    /// A recovery has begun and not ended.
    #[error("{}", say::backup::recovery_begun(.0.to_string()))]
    RecoveryBegun(Target),
    /// The system may be damaged, by these open alarms: its backup must not replace a good one.
    #[error("{}", say::backup::held(.0.join(", ")))]
    Held(Vec<String>),
}

/// The plan of a backup of the system whose root is mounted at `root`; hooks that take longer than
/// the limit are ended. `factory` is what a lacking factory snapshot is made from. Alarms that hold
/// it are its refusal.
pub fn plan(
    appliance: &Appliance,
    policy: &Policy,
    saved: &BootSetMeta,
    hooks: Duration,
    root: &str,
    factory: Option<&FactoryRebuild<'_>>,
    holding: &[String],
) -> Result<Plan, Refusal> {
    if appliance.partial {
        return Err(Refusal::DiskMissing);
    }
    if appliance.sync == SnapshotSync::Detached {
        return Err(Refusal::Detached);
    }
    if let Some(target) = appliance.begun {
        return Err(Refusal::RecoveryBegun(target));
    }
    if !holding.is_empty() {
        return Err(Refusal::Held(holding.to_vec()));
    }
    let size = appliance.root().ok_or(Refusal::NoRoot)?;
    let root = root.trim_end_matches('/');
    let boot = format!("{root}/boot");
    let group = &policy.storage.group;
    let chunk = policy.storage.chunk;
    let at = format!("{MOUNTS}/proof");
    let rename = |from, to| {
        Step::RenameVolume(RenameVolume { group: group.clone(), from: named(from), to: named(to) })
    };
    let mut steps = vec![Step::UpdateMetadata(UpdateMetadata { group: group.clone() })];
    steps.extend(appliance.cleanup_steps());
    steps.extend([
        Step::SaveBoot(SaveBoot {
            boot: boot.clone(),
            to: format!("{root}/{DIRECTORY}"),
            saved: saved.clone(),
        }),
        Step::CreateSnapshot(CreateSnapshot {
            group: group.clone(),
            origin: named(ROOT),
            snapshot: named(NEXT),
            chunk,
            size: worst_case_cow(size, chunk),
            on: physical(Role::Hdd),
            hooks: Some(hooks),
        }),
        Step::Mount(Mount {
            device: crate::model::Device::Volume(group.clone(), named(NEXT)),
            at: at.clone(),
            kind: MountAs::Ext4Frozen,
        }),
        Step::VerifyBackup(VerifyBackup {
            group: group.clone(),
            snapshot: named(NEXT),
            set: format!("{at}/{DIRECTORY}"),
            boot: boot.clone(),
        }),
        Step::Unmount(Unmount { at }),
    ]);
    // After tidying, the latest has its name wherever there is one.
    let replaces = appliance.latest().is_some();
    if replaces {
        steps.push(rename(LATEST, OLD));
    }
    steps.push(rename(NEXT, LATEST));
    if replaces {
        steps.push(Step::RemoveVolume(RemoveVolume { group: group.clone(), volume: named(OLD) }));
    }
    if appliance.is_stale() {
        // It would show a mixture of two times.
        if appliance.has(FACTORY) {
            steps.push(Step::RemoveVolume(RemoveVolume {
                group: group.clone(),
                volume: named(FACTORY),
            }));
        }
        steps.push(Step::ForgetDegraded(ForgetDegraded {
            at: format!("{boot}/{DIRECTORY_OF_GRUB}"),
        }));
    }
    if factory::is_lacking(appliance) {
        steps.extend(factory.and_then(|anew| factory::steps(anew, appliance)).unwrap_or_default());
    }
    Ok(Plan {
        operation: Operation::Backup,
        image: saved.image.clone(),
        version: saved.version.clone(),
        disks: appliance.disks.clone(),
        group: group.clone(),
        layout: None,
        steps,
    })
}
