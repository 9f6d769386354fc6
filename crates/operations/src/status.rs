//! What can be seen of a running appliance, as far as it can be seen: for status and daemon, which
//! must have an answer when a disk has gone.

use std::path::Path;

use anyhow::Result;
use serde::Serialize;
use zshield_check::last::Last;
use zshield_host::BOOT_DIRECTORY;
use zshield_host::appliance::{self, Found};
use zshield_host::grubenv::Grubenv;
use zshield_host::ledger::LedgerStore;
use zshield_host::lock;
use zshield_host::observe;
use zshield_host::outcome::{self, Outcome};
use zshield_linux::usage;
use zshield_messages::Said;
use zshield_plan::appliance::{Appliance, VaultRoom};
use zshield_plan::grubenv::Environment;
use zshield_plan::health::{
    Condition, Filesystem, HealthInput, Usage, VaultFacts, of_looked, of_upgrades, of_vault,
};
use zshield_plan::id::Identity;
use zshield_plan::ledger::Ledger;
use zshield_plan::model::{Snapshot, Target};
use zshield_plan::policy::Policy;
use zshield_plan::role::Role;
use zshield_plan::upgrade::look::Looked;
use zshield_plan::upgrade::record::Record;
use zshield_plan::vault_state::VaultState;
use zshield_plan::volumes::{FACTORY, VAULT, named};
use zshield_plan::world::Disk;
use zshield_units::{Bytes, FillRatio, UnixTime};

use crate::boot;
use crate::looked;
use crate::text;
use crate::vault::state as vault_state;

/// What was seen.
pub struct Status {
    /// The ledger.
    pub ledger: Option<Ledger>,
    /// Each disk, and whether it is there.
    pub disks: Vec<DiskSeen>,
    /// The disks that hold copies of these, by their models and serial numbers.
    pub copies: Vec<String>,
    /// The appliance, where both disks are there; else why it can't be seen.
    pub appliance: Result<Appliance, Said>,
    /// How the last operation ended.
    pub outcome: Option<Outcome>,
    /// When the last check of the system's files began, in seconds since 1970, UTC.
    pub checked: Option<UnixTime>,
    /// Starts in a row that did not come to a healthy system.
    pub tries: u32,
    /// What the next start goes back to, where a recovery has begun or was ordered.
    pub recovery: Option<Recovery>,
    /// Whether an operation is under way: what is half done is no fault then.
    pub under_way: bool,
    /// The upgrade that is under way, and how the last ones ended.
    pub upgrades: Record,
    /// What is at the policy's address; nothing where nobody has looked.
    pub looked: Option<Looked>,
    /// How full the filesystems are; nothing where they could not all be asked.
    pub usage: Option<Vec<Usage>>,
    /// The first setting of LVM's by which it leaves volumes of this machine out, with its place.
    pub lvm_blocked_by: Option<(String, Said)>,
    /// What is known of the copies in the vault; nothing where it can't be read.
    pub vault: Option<VaultState>,
}

/// A recovery that the next start makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Recovery {
    /// What it goes back to.
    pub target: Target,
    /// Whether it has begun: then it can't be taken back.
    pub begun: bool,
}

impl Recovery {
    /// That of GRUB's environment.
    fn of(environment: &Environment) -> Option<Self> {
        let begun = environment.begun().map(|target| Self { target, begun: true });
        begun.or_else(|| environment.ordered().map(|target| Self { target, begun: false }))
    }
}

/// The volume of the vault on the HDD.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct VaultVolume {
    /// How large it is.
    pub size: Bytes,
    /// Whether what is on it can be used as it is.
    pub usable: bool,
    /// What can still be written there.
    pub free: Option<Bytes>,
    /// How much is used, in percent.
    pub used: Option<u8>,
}

/// One of the appliance's disks.
#[derive(Clone, Debug, Serialize)]
pub struct DiskSeen {
    /// Its role.
    pub role: Role,
    /// Its model.
    pub model: String,
    /// Its serial number.
    pub serial: String,
    /// Its device now; nothing where it is missing.
    pub device: Option<String>,
    /// The model and serial number that it had at the installation, where it has others now: it is
    /// known by its partition, behind another card.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub was: Option<String>,
}

/// Looks at the appliance whose system is mounted at `root`. It asks the disks, and takes as long
/// as they take.
pub fn of(root: &Path, policy: &Policy) -> Status {
    Status { usage: usage(root, policy), ..with(root, policy, appliance(root, policy)) }
}

/// The HDD's device, where it is there. Nothing is asked of it.
pub fn hdd(root: &Path) -> Option<String> {
    let ledger = noted(LedgerStore::in_directory(&root.join(BOOT_DIRECTORY)).read()).flatten()?;
    disks_of(&ledger).into_iter().find(|disk| disk.role == Role::Hdd)?.device
}

/// How full the filesystems are; nothing where one of them is not mounted or can't be asked.
fn usage(root: &Path, policy: &Policy) -> Option<Vec<Usage>> {
    let at = |mount: &str| root.join(mount.trim_start_matches('/'));
    let used = |filesystem: Filesystem| {
        let directory = match filesystem {
            Filesystem::Root => at("/"),
            Filesystem::Boot => at("/boot"),
            Filesystem::User => at(policy.storage.user.mount.as_str()),
            Filesystem::Audit => at(policy.storage.audit.mount.as_str()),
        };
        let there = filesystem == Filesystem::Root || usage::is_mounted(&directory);
        let percent = there.then(|| noted(usage::used(&directory)))??;
        Some(Usage { filesystem, percent })
    };
    Filesystem::ALL.into_iter().map(used).collect()
}

/// The appliance as LVM knows it: what only the HDD can answer.
pub fn appliance(root: &Path, policy: &Policy) -> Result<Appliance, Said> {
    let found = appliance::running(root, &policy.storage.group, false);
    found.map(|Found { appliance, .. }| appliance).map_err(|error| text::kept(&error.into()))
}

/// What is seen without the HDD, beside what has been seen with it.
pub fn with(root: &Path, policy: &Policy, appliance: Result<Appliance, Said>) -> Status {
    let directory = root.join(BOOT_DIRECTORY);
    let ledger = noted(LedgerStore::in_directory(&directory).read()).flatten();
    let disks = ledger.as_ref().map(disks_of).unwrap_or_default();
    let copies = ledger.as_ref().map(copies_of).unwrap_or_default();
    let environment = noted(Grubenv::in_directory(&directory).read()).unwrap_or_default();
    let physical = appliance.as_ref().map_or(&[][..], |appliance| appliance.physical.as_slice());
    Status {
        lvm_blocked_by: boot::blocking_lvm_setting(root, policy.storage.group.as_str(), physical),
        ledger,
        disks,
        copies,
        appliance,
        outcome: noted(outcome::read(&directory)).flatten(),
        checked: noted(Last::read(root)).flatten().map(|last| last.began),
        tries: environment.tries(),
        recovery: Recovery::of(&environment),
        under_way: lock::holder().is_some(),
        upgrades: noted(zshield_host::upgrade_record::read(&directory)).unwrap_or_default(),
        looked: looked::read(root),
        usage: None,
        vault: noted(vault_state::read(root)),
    }
}

/// What can't be read is logged, and the rest still seen.
fn noted<T, E: std::fmt::Display>(result: Result<T, E>) -> Option<T> {
    result.inspect_err(|error| tracing::error!("{error}")).ok()
}

fn disks_of(ledger: &Ledger) -> Vec<DiskSeen> {
    let there = noted(observe::disks()).unwrap_or_default();
    let seen = |role: Role| {
        let was = ledger.disks.of(role);
        let found = observe::own_disk(&there, role, ledger);
        let identity = found.as_ref().map_or(was, |disk| &disk.identity);
        DiskSeen {
            role,
            model: identity.model.clone(),
            serial: identity.serial.clone(),
            device: found.as_ref().map(|disk| disk.name.device()),
            was: (identity != was).then(|| format!("{}  {}", was.model, was.serial)),
        }
    };
    Role::ALL.into_iter().map(seen).collect()
}

fn copies_of(ledger: &Ledger) -> Vec<String> {
    let there = noted(observe::disks()).unwrap_or_default();
    let shown = |disk: Disk| {
        let Identity { model, serial, .. } = disk.identity;
        format!("{model} {}", if serial.is_empty() { disk.name.to_string() } else { serial })
    };
    observe::copies(&there, ledger).into_iter().map(shown).collect()
}

/// The snapshot of a target, where it can be gone back to. It is not looked into: mounted, it
/// could not be replaced meanwhile.
pub fn snapshot(appliance: &Appliance, target: Target) -> Option<&Snapshot> {
    let name = match target {
        Target::Factory => Some(FACTORY),
        Target::Latest => appliance.latest(),
        Target::Vault(_) => None,
    };
    name.and_then(|name| appliance.valid(name)).filter(|_| !appliance.is_stale())
}

/// Whether there is a latest backup that can't be gone back to.
fn latest_lost(appliance: &Appliance) -> bool {
    appliance.latest().is_some_and(|name| appliance.valid(name).is_none())
}

impl Status {
    /// When the latest backup was taken, in seconds since 1970, UTC.
    pub fn latest(&self) -> Option<UnixTime> {
        let appliance = self.appliance.as_ref().ok()?;
        snapshot(appliance, Target::Latest).map(|snapshot| snapshot.created)
    }

    /// How much of the snapshots' stores is used.
    pub fn fills(&self) -> Vec<(String, FillRatio)> {
        let Ok(appliance) = &self.appliance else { return Vec::new() };
        let fill =
            |target: Target| Some((target.name(), snapshot(appliance, target)?.state.fill()?));
        Target::BACKUPS.into_iter().filter_map(fill).collect()
    }

    /// A newer version that people should know of.
    fn newer(&self, policy: &Policy) -> Option<Condition> {
        let (looked, ledger) = (self.looked.as_ref()?, self.ledger.as_ref()?);
        of_looked(policy.upgrade.look, looked, &ledger.version, &self.upgrades)
    }

    /// What people should know of the vault; nothing where the appliance or what is known of the copies can't be seen.
    fn of_vault(
        &self,
        policy: &Policy,
        now: UnixTime,
        started: UnixTime,
    ) -> Option<Vec<Condition>> {
        let (appliance, state) = (self.appliance.as_ref().ok()?, self.vault.as_ref()?);
        let on_hdd = appliance.volumes.contains_key(&named(VAULT));
        let (policy, latest) = (&policy.vault, self.latest());
        Some(of_vault(&VaultFacts { policy, on_hdd, state, latest, now, started }))
    }

    /// The vault's volume; nothing where there is none.
    pub fn vault_volume(&self) -> Option<VaultVolume> {
        let appliance = self.appliance.as_ref().ok()?;
        let size = *appliance.volumes.get(&named(VAULT))?;
        let usable = appliance.vault.is_some();
        let free = appliance.vault.map(|room| room.free);
        Some(VaultVolume { size, usable, free, used: appliance.vault.map(VaultRoom::used) })
    }

    /// What conditions are worked out from.
    pub fn facts(
        &self,
        policy: &Policy,
        stalled: bool,
        now: UnixTime,
        started: UnixTime,
    ) -> HealthInput {
        let ways = self.appliance.as_ref().ok().map(|appliance| {
            Target::BACKUPS
                .into_iter()
                .filter(|target| snapshot(appliance, *target).is_some())
                .collect()
        });
        let seen = self.appliance.as_ref().ok();
        let age = seen.map(|_| now.since(self.latest().unwrap_or(started)));
        let ended = self.outcome.as_ref().filter(|outcome| !(outcome.open && self.under_way));
        let failure =
            ended.and_then(|outcome| Some((outcome.operation.clone(), outcome.failure.clone()?)));
        HealthInput {
            looked: true,
            missing: self
                .disks
                .iter()
                .filter(|disk| disk.device.is_none())
                .map(|disk| disk.role)
                .collect(),
            copies: self.copies.clone(),
            stalled,
            ways,
            stale: self.appliance.as_ref().is_ok_and(Appliance::is_stale),
            nightly: policy.backup.nightly,
            backup_age: age.and_then(|age| u64::try_from(age).ok()),
            latest_lost: seen.is_some_and(latest_lost),
            unseen: self.appliance.as_ref().err().cloned(),
            failure,
            under_way: self.under_way,
            recovery: self.recovery.map(|Recovery { target, begun }| (target, begun)),
            tries: self.tries,
            usage: self.usage.clone(),
            lvm_blocked_by: self.lvm_blocked_by.clone(),
            thresholds: policy.alarm.thresholds,
            upgrade: of_upgrades(&self.upgrades, now),
            newer: self.newer(policy),
            vault: self.of_vault(policy, now, started),
            ..HealthInput::default()
        }
    }
}

#[cfg(test)]
mod tests;
