//! An installed appliance, observed: from its own running system, or from the rescue system.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use zshield_golden::signature::TrustedKeys;
use zshield_messages::say;
use zshield_plan::appliance::{Appliance, BootFilesystem, SnapshotSync};
use zshield_plan::degraded::volume_of;
use zshield_plan::id::{DiskName, Identity};
use zshield_plan::ledger::Ledger;
use zshield_plan::model::{Binding, Device, Snapshot, SnapshotState, Target};
use zshield_plan::policy::{GroupName, VolumeName};
use zshield_plan::role::{ByRole, Role};
use zshield_plan::saved::{self, BootSetMeta};
use zshield_plan::step::MountAs;
use zshield_plan::volumes::{BOOT_PARTITION, MOUNTS, ROOT, named, physical};
use zshield_plan::world::{Disk, World};

use crate::BOOT_DIRECTORY;
use crate::boot_backup;
use crate::degraded::{self, OwnGroup, ProbeResult, VolumeLocation};
use crate::execute::{self, ExecuteError};
use crate::grubenv::Grubenv;
use crate::inside;
use crate::invalid_snapshots::{self, InvalidSnapshotsError};
use crate::ledger::LedgerStore;
use crate::lost_ledger;
use crate::mount;
use crate::observe::{self, ObserveError};
use crate::restore_scope;
use zshield_linux::IoError;
use zshield_linux::program::ProgramError;

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
            Self::BootLost(_) | Self::LedgerNotMade(_) | Self::LedgerDamaged(_) => true,
            Self::Io(_)
            | Self::Observe(_)
            | Self::Clear(_)
            | Self::NoLedger(_)
            | Self::DiskGone { .. } => false,
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
    let found = volume_of(&format!("/dev/mapper/{mapped}"));
    Ok(found.filter(|(_, volume)| volume == ROOT).and_then(|(group, _)| GroupName::new(group)))
}

/// The appliance whose SSD the rescue system was started from; its volumes are active after this. A
/// ledger that is lost is made again from what lies on the disks.
pub fn at_rest(group: &GroupName, world: &World, ssd: &Disk) -> Result<Found, ApplianceError> {
    with_boot(ssd, |directory, boot| match ledger(directory) {
        Ok(ledger) => {
            let (binding, disks) = binding(&observe::disks()?, &ledger, group)?;
            let appliance = resting(binding, disks, directory, boot)?;
            let keys = inside::keys(&appliance)?;
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
            let ledger = lost_ledger::at_rest(&appliance, world, (ssd, hdd))?;
            let (ledger, keys) = (ledger.ok_or_else(not_made)?, inside::keys(&appliance)?);
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
    see_apart(&mut appliance)?;
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
    let group = observe::group(&binding)?;
    let roles = Role::ALL.into_iter();
    let member = |role: &Role| group.members.contains(&binding.path(&physical(*role)));
    let members = roles.filter(member).collect();
    let mut snapshots = group.snapshots;
    for (name, snapshot) in snapshots.iter_mut().filter(|(_, it)| inside && it.state.is_live()) {
        let device = binding.path(&Device::Volume(binding.group.clone(), name.clone()));
        snapshot.saved = says_of_itself(&device, name)?;
    }
    let environment = Grubenv::in_directory(directory).read()?;
    Ok(Appliance {
        disks,
        there: group.there,
        partial: group.partial,
        members,
        volumes: group.volumes,
        snapshots,
        unreadable: Vec::new(),
        begun: environment.begun(),
        ordered: environment.ordered(),
        only: restore_scope::read(directory)?,
        sync: if degraded::read(directory)?.is_some() {
            SnapshotSync::Stale
        } else {
            SnapshotSync::InSync
        },
        boot: BootFilesystem::Mountable,
        binding,
    })
}

/// One snapshot whose store can't be read keeps LVM from activating root and all other snapshots:
/// they are looked into beside LVM then. Where all can be read it is for another reason, and they stay
/// as LVM has them.
fn see_apart(appliance: &mut Appliance) -> Result<(), ApplianceError> {
    let Appliance { binding, snapshots, unreadable, .. } = appliance;
    let root = Device::Volume(binding.group.clone(), named(ROOT));
    if appliance.partial || Path::new(&binding.path(&root)).exists() {
        return Ok(());
    }
    let by_lvm = |source| ApplianceError::Io(IoError::at(binding.group.as_str())(source));
    let parts = Role::ALL.map(|role| binding.path(&physical(role)));
    let group = OwnGroup::on(parts, binding.group.as_str());
    let origin = VolumeLocation::of(&group, ROOT).map_err(by_lvm)?;
    let mut seen = BTreeMap::new();
    for (name, snapshot) in snapshots.iter() {
        let look = |device: &Path| says_of_itself(&device.to_string_lossy(), name);
        match degraded::look_into(&group, name.as_str(), &origin, look).map_err(by_lvm)? {
            ProbeResult::Unreadable => unreadable.push(name.clone()),
            ProbeResult::Useless => drop(seen.insert(name.clone(), snapshot.clone())),
            ProbeResult::Valid { fill, found } => {
                let state = SnapshotState::Valid { fill };
                seen.insert(name.clone(), Snapshot { state, saved: found?, ..snapshot.clone() });
            }
        }
    }
    if !unreadable.is_empty() {
        *snapshots = seen;
    }
    Ok(())
}

/// What a snapshot says of itself; nothing where it can't be mounted or read: then it can't be
/// gone back to, which is for the plan to say.
fn says_of_itself(device: &str, name: &VolumeName) -> Result<Option<BootSetMeta>, IoError> {
    let at = PathBuf::from(MOUNTS).join("look");
    if let Err(error) = mount::attach(device, &at, MountAs::Ext4Frozen, None) {
        tracing::warn!("{name} can't be mounted: {error}");
        return Ok(None);
    }
    let set = boot_backup::read(&at.join(saved::DIRECTORY));
    zshield_linux::mount::detach(&at)?;
    Ok(match set {
        Ok(set) => Some(set.saved),
        Err(error) => {
            tracing::warn!("{name}: {error}");
            None
        }
    })
}
