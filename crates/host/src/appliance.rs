//! An installed appliance, observed: from its own running system, or from the rescue system.

mod look;

use std::path::{Path, PathBuf};

use zshield_formats::cow::CowError;
use zshield_golden::signature::TrustedKeys;
use zshield_messages::say;
use zshield_plan::appliance::{Appliance, BootFilesystem, SnapshotSync};
use zshield_plan::id::{DiskName, Identity, MappingName, Slot};
use zshield_plan::ledger::Ledger;
use zshield_plan::model::{Binding, Snapshot, SnapshotState, Target};
use zshield_plan::policy::GroupName;
use zshield_plan::role::{ByRole, Role};
use zshield_plan::saved;
use zshield_plan::volumes::{
    BOOT_PARTITION, FACTORY, GOLDEN_PARTITION, MOUNTS, ROOT, VAULT, named, physical,
};
use zshield_plan::world::{Disk, Medium, World};

use crate::BOOT_DIRECTORY;
use crate::degraded;
use crate::execute::{self, ExecuteError};
use crate::factory_store::{self, StoreError, StoreFacts};
use crate::grubenv::Grubenv;
use crate::inside;
use crate::invalid_snapshots::{self, InvalidSnapshotsError};
use crate::ledger::LedgerStore;
use crate::lost_ledger;
use crate::mount;
use crate::observe::{self, ObserveError, PlainFactory};
use crate::read_only_mount::ReadOnlyMount;
use crate::restore_scope;
use crate::steps::marked;
use crate::upgrade_record;
use crate::vault;
use zshield_linux::IoError;
use zshield_linux::program::ProgramError;
use zshield_units::Bytes;

/// Why there is no appliance to be seen.
#[derive(Debug, thiserror::Error)]
pub enum ApplianceError {
    /// Something can't be read.
    #[error(transparent)]
    Io(#[from] IoError),
    /// A tool failed, or printed what its parser does not know.
    #[error(transparent)]
    Observe(#[from] ObserveError),
    /// What an earlier attempt left mounted can't be cleared away.
    #[error(transparent)]
    Clear(#[from] ExecuteError),
    /// This is no appliance: it has no ledger.
    #[error("{}", say::host::no_ledger(.0))]
    NoLedger(String),
    /// It is one, whose `/boot` was emptied or is not mounted.
    #[error("{}", say::host::boot_lost(.0))]
    BootLost(String),
    /// It is one, seen from its rescue system, and what is left does not tell all that its ledger did.
    #[error("{}", say::host::ledger_not_made(.0))]
    LedgerNotMade(String),
    /// It has a ledger, neither copy of which can be used.
    #[error("{}", say::host::ledger_damaged(.0))]
    LedgerDamaged(String),
    /// One of its disks is not here.
    #[error("{}", say::host::DiskGone { model: &identity.model, role: role.to_string(), serial: &identity.serial })]
    DiskGone {
        /// Which.
        role: Role,
        /// What it is known by.
        identity: Identity,
    },
}

impl ApplianceError {
    /// Whether its text says what to do about it.
    pub const fn advises(&self) -> bool {
        match self {
            Self::NoLedger(_)
            | Self::BootLost(_)
            | Self::LedgerNotMade(_)
            | Self::LedgerDamaged(_) => true,
            Self::Io(_) | Self::Observe(_) | Self::Clear(_) | Self::DiskGone { .. } => false,
        }
    }
}

impl From<InvalidSnapshotsError> for ApplianceError {
    fn from(error: InvalidSnapshotsError) -> Self {
        match error {
            InvalidSnapshotsError::Io(error) => error.into(),
            InvalidSnapshotsError::Command(error) => error.into(),
        }
    }
}

impl From<ProgramError> for ApplianceError {
    fn from(error: ProgramError) -> Self {
        Self::Observe(error.into())
    }
}

/// An appliance, and what it knows of itself.
pub struct Found {
    /// As it was observed.
    pub appliance: Appliance,
    /// Its ledger.
    pub ledger: Ledger,
    /// The keys that it trusts itself, where its system does not run: whatever is on the Golden partition
    /// brings others. None where nobody looked, or none was found.
    pub keys: TrustedKeys,
}

/// The appliance whose own system is running, with its root mounted at `root`.
///
/// With `inside`, its snapshots are mounted for a moment to read what they say of themselves.
pub fn running(root: &Path, group: &GroupName, inside: bool) -> Result<Found, ApplianceError> {
    let ledger = own_ledger(root)?;
    invalid_snapshots::note(root, group)?;
    seen(root, group, inside, ledger)
}

/// The same appliance where its `/boot` has lost the ledger, which is made again from what can be
/// seen; nothing where that is not enough.
pub fn without_ledger(root: &Path, group: &GroupName) -> Result<Option<Found>, ApplianceError> {
    let Some(ledger) = lost_ledger::made_again(root, group)? else { return Ok(None) };
    seen(root, group, true, ledger).map(Some)
}

fn seen(
    root: &Path,
    group: &GroupName,
    inside: bool,
    ledger: Ledger,
) -> Result<Found, ApplianceError> {
    let directory = &root.join(BOOT_DIRECTORY);
    let (binding, disks) = binding(&observe::disks()?, &ledger, group)?;
    let mut appliance = look(binding, disks, directory, inside)?;
    if degraded::is_mapped_alone(root)? {
        appliance.sync = SnapshotSync::Detached;
    }
    Ok(Found { appliance, ledger, keys: TrustedKeys::default() })
}

/// The group whose root is mounted at `root`, as the device mapper knows it; nothing where that is
/// no root of an appliance.
pub fn group_of(root: &Path) -> Result<Option<GroupName>, IoError> {
    let Some(mapped) = observe::mapped(root, "name")? else { return Ok(None) };
    let found = MappingName::new(mapped).volume();
    Ok(found.filter(|(_, volume)| volume == ROOT).and_then(|(group, _)| GroupName::new(group)))
}

/// The Golden partition of an SSD, and the slot that GRUB starts the rescue system from; nothing where the disk has none.
pub fn golden_medium(ssd: &Disk) -> Option<Medium> {
    let partition = ssd.golden()?.id?;
    let mounted = ReadOnlyMount::golden(&ssd.name.partition(GOLDEN_PARTITION), "golden");
    let mounted = mounted.inspect_err(|why| tracing::warn!("{why}: {}", why.source));
    // What can't be read starts nothing; the ledger has the last word.
    let slot = mounted.map_or(Slot::A, |mounted| marked(mounted.root()));
    Some(Medium { partition: Some(partition), slot })
}

/// The appliance on this SSD, which does not run, with the Golden partition as the world's medium; its volumes are active
/// after this. A ledger that is lost is made again from what lies on the disks.
pub fn at_rest(group: &GroupName, world: &World, ssd: &Disk) -> Result<Found, ApplianceError> {
    with_boot(ssd, |directory, boot| match ledger(directory) {
        Ok(ledger) => {
            let (binding, disks) = binding(&observe::disks()?, &ledger, group)?;
            let appliance = resting(binding, disks, directory, boot)?;
            let keys = inside::keys(&appliance);
            Ok(Found { appliance, ledger, keys })
        }
        Err(why @ (ApplianceError::NoLedger(_) | ApplianceError::LedgerDamaged(_))) => {
            tracing::warn!("{why}");
            let not_made = || ApplianceError::LedgerNotMade(directory.display().to_string());
            let hdd = lost_ledger::only_hdd(world, ssd, group).ok_or_else(not_made)?;
            let disks = ByRole { ssd: ssd.name.clone(), hdd: hdd.name.clone() };
            let identities = ByRole { ssd: ssd.identity.clone(), hdd: hdd.identity.clone() };
            let binding = Binding { disks, group: group.clone() };
            let appliance = resting(binding, identities, directory, boot)?;
            let ledger = lost_ledger::at_rest(&appliance, world, (ssd, hdd));
            let (ledger, keys) = (ledger.ok_or_else(not_made)?, inside::keys(&appliance));
            Ok(Found { appliance, ledger, keys })
        }
        Err(error) => Err(error),
    })
}

/// The appliance on these disks, whose system does not run.
fn resting(
    binding: Binding,
    disks: ByRole<Identity>,
    directory: &Path,
    boot: BootFilesystem,
) -> Result<Appliance, ApplianceError> {
    execute::clear_volumes(&binding)?;
    activate(&binding)?;
    let mut appliance = look(binding, disks, directory, true)?;
    appliance.boot = boot;
    look::beside_lvm(&mut appliance)?;
    Ok(appliance)
}

/// The recovery that has begun on this SSD, whatever else can be seen of its appliance.
pub fn begun_at_rest(ssd: &Disk) -> Result<Option<Target>, ApplianceError> {
    with_boot(ssd, |directory, _| Ok(Grubenv::in_directory(directory).read()?.begun()))
}

/// Looks into GRUB's directory on an SSD; there is none where the filesystem is destroyed.
fn with_boot<T>(
    ssd: &Disk,
    look: impl FnOnce(&Path, BootFilesystem) -> Result<T, ApplianceError>,
) -> Result<T, ApplianceError> {
    let at = PathBuf::from(MOUNTS).join("boot");
    zshield_linux::mount::detach_all(MOUNTS.as_ref())?;
    let device = ssd.name.partition(BOOT_PARTITION);
    let boot = match mount::attach_or_repair(&device, &at) {
        Ok(()) => BootFilesystem::Mountable,
        Err(error) if mount::is_no_filesystem(&error.source) => {
            tracing::warn!("{error}: {}", error.source);
            BootFilesystem::Destroyed
        }
        Err(error) => return Err(error.into()),
    };
    let found = look(&at.join("zshield"), boot);
    zshield_linux::mount::detach_all(MOUNTS.as_ref())?;
    found
}

/// What the appliance whose system is mounted at `root` knows of itself, and its SSD. Only the
/// kernel is asked: it has an answer when LVM has none.
pub fn ssd(root: &Path) -> Result<(Ledger, DiskName), ApplianceError> {
    let ledger = own_ledger(root)?;
    let disk = disk(&observe::disks()?, Role::Ssd, &ledger)?;
    Ok((ledger, disk.name))
}

/// The ledger of the system that is mounted here. One that has saved its `/boot` had one.
fn own_ledger(root: &Path) -> Result<Ledger, ApplianceError> {
    match ledger(&root.join(BOOT_DIRECTORY)) {
        Err(ApplianceError::NoLedger(directory)) if root.join(saved::DIRECTORY).exists() => {
            Err(ApplianceError::BootLost(directory))
        }
        found => found,
    }
}

fn ledger(directory: &Path) -> Result<Ledger, ApplianceError> {
    let store = LedgerStore::in_directory(directory);
    let shown = directory.display().to_string();
    match store.read()? {
        Some(ledger) => Ok(ledger),
        None if store.has_files() => Err(ApplianceError::LedgerDamaged(shown)),
        None => Err(ApplianceError::NoLedger(shown)),
    }
}

/// Where the appliance's disks are now, and what they are known by now.
fn binding(
    disks: &[Disk],
    ledger: &Ledger,
    group: &GroupName,
) -> Result<(Binding, ByRole<Identity>), ApplianceError> {
    let (ssd, hdd) = (disk(disks, Role::Ssd, ledger)?, disk(disks, Role::Hdd, ledger)?);
    let names = ByRole { ssd: ssd.name, hdd: hdd.name };
    let identities = ByRole { ssd: ssd.identity, hdd: hdd.identity };
    Ok((Binding { disks: names, group: group.clone() }, identities))
}

/// The disk of one role.
fn disk(disks: &[Disk], role: Role, ledger: &Ledger) -> Result<Disk, ApplianceError> {
    let gone = || {
        let identity = ledger.disks.of(role).clone();
        ApplianceError::DiskGone { role, identity }
    };
    observe::own_disk(disks, role, ledger).ok_or_else(gone)
}

/// Makes the group's volumes appear, as far as it is whole; what it is not is for the plan.
fn activate(binding: &Binding) -> Result<(), ApplianceError> {
    match observe::lvm_of(binding).run(&["vgchange", "--activate", "y", binding.group.as_str()]) {
        Ok(()) | Err(ProgramError::Failed { .. }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

fn look(
    binding: Binding,
    disks: ByRole<Identity>,
    directory: &Path,
    inside: bool,
) -> Result<Appliance, ApplianceError> {
    let mut group = observe::group(&binding)?;
    let roles = Role::ALL.into_iter();
    let free = |role: &Role| group.presence.members.get(&binding.path(&physical(*role))).copied();
    let members = roles.filter(|role| free(role).is_some()).collect();
    let free = free(&Role::Hdd).unwrap_or_default();
    if let Some(store) = group.factory.take().and_then(|plain| factory_store(&binding, plain)) {
        group.volumes.remove(&named(FACTORY));
        group.snapshots.insert(named(FACTORY), store);
    }
    let environment = Grubenv::in_directory(directory).read()?;
    let has_vault = group.volumes.contains_key(&named(VAULT));
    let vault = has_vault.then(|| vault::observe(&binding.group)).flatten();
    let mut appliance = Appliance {
        disks,
        there: group.there,
        partial: group.presence.partial,
        partial_volumes: group.presence.partial_volumes.into_iter().collect(),
        members,
        physical: group.presence.ids.into_iter().collect(),
        volumes: group.volumes,
        snapshots: group.snapshots,
        unreadable: Vec::new(),
        begun: environment.begun(),
        ordered: environment.ordered(),
        only: restore_scope::read(directory)?,
        upgrades: upgrade_record::read(directory)?,
        sync: if degraded::read(directory)?.is_some() {
            SnapshotSync::Stale
        } else {
            SnapshotSync::InSync
        },
        boot: BootFilesystem::Mountable,
        generations: std::collections::BTreeMap::new(),
        vault,
        free,
        binding,
    };
    if inside {
        look::into_snapshots(&mut appliance);
    }
    Ok(appliance)
}

/// The plain volume in the place of the factory snapshot, where it is a store that was marked, or can't be
/// read; what is no store is left of a snapshot.
fn factory_store(binding: &Binding, plain: PlainFactory) -> Option<Snapshot> {
    let PlainFactory { id, created } = plain;
    let observed = factory_store::observe(binding.group.device(&named(FACTORY)).as_ref());
    let (chunk, state) = match observed {
        Ok(facts) => (facts.chunk, store_state(&facts)),
        Err(error) => {
            tracing::warn!("{FACTORY}: {error}");
            if !is_unreadable(&error) {
                return None;
            }
            (Bytes::ZERO, SnapshotState::Invalid)
        }
    };
    Some(Snapshot { id, chunk, state, created, saved: None })
}

/// Whether it is the disk that says nothing of a store.
const fn is_unreadable(error: &StoreError) -> bool {
    matches!(error, StoreError::Io(_) | StoreError::Cow(CowError::Store(_)))
}

fn store_state(facts: &StoreFacts) -> SnapshotState {
    SnapshotState::Store { fill: facts.fill, over: facts.bases.clone() }
}
