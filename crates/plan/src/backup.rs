//! A backup: a new snapshot is made and proved beside the old one, and takes its name.
//!
//! There is no journal: what a cut has left is seen in the names of the volumes, and the next
//! backup begins with ending it.
//!
//! An appliance whose factory snapshot is of no use gets it anew at the end; and a ledger by which a
//! disk is called otherwise than it is now, behind another RAID card, is written anew.

use std::time::Duration;

use zshield_messages::say;
use zshield_units::Bytes;

use crate::appliance::{Appliance, Factory, SnapshotSync};
use crate::factory::{self, FactoryRebuild};
use crate::grub::DIRECTORY as DIRECTORY_OF_GRUB;
use crate::layout::worst_case_cow;
use crate::ledger::Ledger;
use crate::model::{Device, Target};
use crate::plan::{Operation, Plan};
use crate::policy::{GroupName, Policy, Storage};
use crate::role::Role;
use crate::saved::{BootSetMeta, DIRECTORY, RELEASE};
use crate::step::{
    CreateSnapshot, DetachFactory, FoldStore, ForgetDegraded, Mount, MountAs, RemoveVolume,
    RenameVolume, SaveBoot, SaveRelease, Step, Unmount, UpdateMetadata, VerifyBackup, WriteLedger,
};
use crate::upgrade::pin;
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
    /// A recovery was ordered for the next start: it would find this backup in place of the one that
    /// somebody wants back.
    #[error("{}", say::backup::recovery_ordered(.0.to_string()))]
    RecoveryOrdered(Target),
    /// A new version is applied or on trial, and the latest backup is its way back.
    #[error("{}", say::backup::upgrade_pending(.0))]
    UpgradePending(String),
    /// The system may be damaged, by these open alarms: its backup must not replace a good one.
    #[error("{}", say::backup::held(.0.join(", ")))]
    Held(Vec<String>),
}

/// What a backup is planned from.
#[derive(Clone, Copy)]
pub struct Inputs<'a> {
    /// The appliance as it was found.
    pub appliance: &'a Appliance,
    /// Its ledger.
    pub ledger: &'a Ledger,
    /// Its policy. Hooks that take longer than its limit are ended.
    pub policy: &'a Policy,
    /// What the boot set says of itself.
    pub saved: &'a BootSetMeta,
    /// Where the system's root is mounted.
    pub root: &'a str,
    /// What a lacking factory snapshot is made from, where the image is at hand.
    pub factory: Option<&'a FactoryRebuild<'a>>,
    /// Whether root lacks what its system is held against, and the image that it is of is at hand.
    pub saves_release: bool,
    /// The open alarms that hold it.
    pub holding: &'a [String],
}

/// The plan of a backup.
pub fn plan(inputs: &Inputs<'_>) -> Result<Plan, Refusal> {
    let Inputs { appliance, ledger, policy, saved, root, factory, saves_release, holding } =
        *inputs;
    let hooks = policy.backup.hook_limit.0;
    check(appliance, holding)?;
    let size = appliance.root().ok_or(Refusal::NoRoot)?;
    let root = root.trim_end_matches('/');
    let group = &policy.storage.group;
    let mut steps = vec![Step::UpdateMetadata(UpdateMetadata { group: group.clone() })];
    steps.extend(appliance.cleanup_steps());
    steps.extend(
        saves_release.then(|| Step::SaveRelease(SaveRelease { to: format!("{root}/{RELEASE}") })),
    );
    let chunk = chunk(&policy.storage, appliance, factory);
    steps.extend(verified_snapshot(group, size, chunk, saved, hooks, root));
    steps.extend(folded(group, appliance));
    steps.extend(naming(group, appliance));
    if appliance.is_stale() {
        steps.extend(forgetting(group, appliance, root));
    }
    let lacking = factory::is_lacking(appliance);
    let anew = factory.filter(|_| lacking).and_then(|anew| factory::steps(anew, appliance));
    let is_snapshot = anew.is_some() || matches!(appliance.factory(), Factory::Snapshot(_));
    steps.extend(anew.unwrap_or_default());
    steps.extend(is_snapshot.then(|| detached(group)));
    steps.extend(disks_renamed(appliance, ledger, root));
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

/// What is left to do of a backup whose factory state has turned out to be of no use, in the step of this number,
/// from 1. The new snapshot is proved by then, and becomes the latest as it was planned. A factory snapshot that
/// is damaged goes: it would be found so every night, and cost a copy of whatever is written first.
pub fn without_factory(plan: &Plan, failed: usize, is_damaged: bool) -> Plan {
    let is_about_it = |step: &&Step| matches!(step, Step::FoldStore(_) | Step::DetachFactory(_));
    let removed = is_damaged.then(|| {
        Step::RemoveVolume(RemoveVolume { group: plan.group.clone(), volume: named(FACTORY) })
    });
    let left = plan.steps.iter().skip(failed).filter(|step| !is_about_it(step)).cloned();
    Plan { steps: removed.into_iter().chain(left).collect(), ..plan.clone() }
}

/// Whether a backup may be made of it.
fn check(appliance: &Appliance, holding: &[String]) -> Result<(), Refusal> {
    if appliance.partial {
        return Err(Refusal::DiskMissing);
    }
    if appliance.sync == SnapshotSync::Detached {
        return Err(Refusal::Detached);
    }
    if let Some(target) = appliance.begun {
        return Err(Refusal::RecoveryBegun(target));
    }
    if let Some(target) = appliance.ordered {
        return Err(Refusal::RecoveryOrdered(target));
    }
    if let Some(upgrade) = pin::pinned(&appliance.upgrades) {
        return Err(Refusal::UpgradePending(upgrade.to.version.clone()));
    }
    if !holding.is_empty() {
        return Err(Refusal::Held(holding.to_vec()));
    }
    Ok(())
}

/// The size of the new snapshot's chunks: a factory store stands over one with chunks of its own size alone.
fn chunk(storage: &Storage, appliance: &Appliance, factory: Option<&FactoryRebuild<'_>>) -> Bytes {
    match appliance.factory() {
        Factory::Snapshot(factory) | Factory::Store(factory, _) => factory.chunk,
        Factory::Absent | Factory::Lost(_) => {
            factory.map_or(storage.chunk, |anew| anew.inputs.policy.storage.chunk)
        }
    }
}

/// The kernel follows root with the new snapshot alone from then on: another one costs another copy of whatever
/// is written first.
fn detached(group: &GroupName) -> Step {
    let (snapshot, base) = (named(FACTORY), named(LATEST));
    Step::DetachFactory(DetachFactory { group: group.clone(), snapshot, base })
}

/// A new snapshot of a root of this size, which carries `/boot`, and its proof.
fn verified_snapshot(
    group: &GroupName,
    size: Bytes,
    chunk: Bytes,
    saved: &BootSetMeta,
    hooks: Duration,
    root: &str,
) -> [Step; 5] {
    let boot = format!("{root}/boot");
    let at = format!("{MOUNTS}/proof");
    [
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
            device: Device::Volume(group.clone(), named(NEXT)),
            at: at.clone(),
            kind: MountAs::Ext4Frozen,
        }),
        Step::VerifyBackup(VerifyBackup {
            group: group.clone(),
            snapshot: named(NEXT),
            set: format!("{at}/{DIRECTORY}"),
            boot,
        }),
        Step::Unmount(Unmount { at }),
    ]
}

/// The factory store is made right over the new snapshot while it is right over the outgoing one: a cut at any
/// moment leaves it right over the one that is the latest then.
fn folded(group: &GroupName, appliance: &Appliance) -> Option<Step> {
    match appliance.factory() {
        // After the cleanup, the latest has its name.
        Factory::Store(..) => Some(Step::FoldStore(FoldStore {
            group: group.clone(),
            from: named(LATEST),
            store: named(FACTORY),
            over: named(NEXT),
        })),
        Factory::Snapshot(_) | Factory::Absent | Factory::Lost(_) => None,
    }
}

/// The new snapshot takes the name of the latest one, which goes.
fn naming(group: &GroupName, appliance: &Appliance) -> Vec<Step> {
    let rename = |from, to| {
        Step::RenameVolume(RenameVolume { group: group.clone(), from: named(from), to: named(to) })
    };
    // After the cleanup, the latest has its name wherever there is one.
    if appliance.latest().is_none() {
        return vec![rename(NEXT, LATEST)];
    }
    vec![
        rename(LATEST, OLD),
        rename(NEXT, LATEST),
        Step::RemoveVolume(RemoveVolume { group: group.clone(), volume: named(OLD) }),
    ]
}

/// Ends that the snapshots are stale: of the old ones, none is left.
fn forgetting(group: &GroupName, appliance: &Appliance, root: &str) -> Vec<Step> {
    // It would show a mixture of two times.
    let factory = appliance
        .has(FACTORY)
        .then(|| Step::RemoveVolume(RemoveVolume { group: group.clone(), volume: named(FACTORY) }));
    let at = format!("{root}/boot/{DIRECTORY_OF_GRUB}");
    factory.into_iter().chain([Step::ForgetDegraded(ForgetDegraded { at })]).collect()
}

/// The ledger with the disks as they are called now. Each start waits for those that it names.
fn disks_renamed(appliance: &Appliance, ledger: &Ledger, root: &str) -> Option<Step> {
    let disks = appliance.disks.clone();
    (disks != ledger.disks).then(|| {
        Step::WriteLedger(WriteLedger {
            at: format!("{root}/boot/{DIRECTORY_OF_GRUB}"),
            ledger: Ledger { disks, ..ledger.clone() },
        })
    })
}
