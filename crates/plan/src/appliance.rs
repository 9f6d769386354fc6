//! An installed appliance as it was found: what backups and recoveries are planned from.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::id::{GenerationId, Identity};
use crate::model::{Binding, Files, RestoreScope, Snapshot, SnapshotState, Target};
use crate::policy::VolumeName;
use crate::role::{ByRole, Role};
use crate::saved::BootSetMeta;
use crate::step::{RemoveVolume, RenameVolume, Step};
use crate::upgrade::record::Record;
use crate::volumes::{FACTORY, FACTORY_NEXT, LATEST, NEXT, OLD, ROOT, latest_of, named};
use crate::way_back::WayBack;
use zshield_units::{Bytes, UnixTime};

/// An installed appliance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Appliance {
    /// Where its disks are now.
    pub binding: Binding,
    /// What its disks are.
    pub disks: ByRole<Identity>,
    /// Whether its group was found at all.
    pub there: bool,
    /// Whether a physical volume of its group is missing.
    pub partial: bool,
    /// What lies on one that is missing, in whole or in part: volumes, and parts of which LVM makes others.
    pub partial_volumes: Vec<String>,
    /// The disks whose physical volumes belong to the group.
    pub members: Vec<Role>,
    /// What LVM knows the physical volumes of its group by, those that are missing too.
    pub physical: Vec<String>,
    /// Its volumes that are no snapshots and no factory store, with their sizes.
    pub volumes: BTreeMap<VolumeName, Bytes>,
    /// Its snapshots of root, and its factory store.
    pub snapshots: BTreeMap<VolumeName, Snapshot>,
    /// Those beside them whose stores can't be read: as long as they are there, LVM activates nothing
    /// of root. Where it is active there are none.
    pub unreadable: Vec<VolumeName>,
    /// A recovery that has begun and not ended: root is half restored.
    pub begun: Option<Target>,
    /// A recovery that was ordered for the next start.
    pub ordered: Option<Target>,
    /// The note of a recovery that is not about all of the system.
    pub only: Option<RestoreScope>,
    /// Its upgrades: the one that is under way, and how the last ones ended.
    pub upgrades: Record,
    /// How its snapshots stand to root.
    pub sync: SnapshotSync,
    /// What has become of the filesystem of `/boot`.
    pub boot: BootFilesystem,
    /// The generations of its vault, as far as somebody has looked for them.
    pub generations: BTreeMap<GenerationId, Generation>,
    /// The room in its vault, where that is there and can be used.
    pub vault: Option<VaultRoom>,
    /// What no volume has of the HDD's physical volume.
    pub free: Bytes,
}

/// A generation of the vault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generation {
    /// When the backup was taken that it is a copy of.
    pub taken: UnixTime,
    /// What it says of itself; nothing where it was not looked into, or can't be read.
    pub saved: Option<BootSetMeta>,
}

/// The room in a vault on the HDD.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct VaultRoom {
    /// All of it.
    pub size: Bytes,
    /// What can still be written.
    pub free: Bytes,
}

impl VaultRoom {
    /// How much is used, in percent.
    pub fn used(self) -> u8 {
        let used = u128::from(self.size.0.saturating_sub(self.free.0)) * 100;
        let percent = used.div_ceil(u128::from(self.size.0.max(1)));
        u8::try_from(percent).unwrap_or(100)
    }
}

/// The filesystem of `/boot`, as a recovery finds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BootFilesystem {
    /// It can be mounted, whatever is in it.
    Mountable,
    /// The kernel knows it no more, and fsck can't repair it. All that was in it is in the boot set of
    /// every backup, or is made again.
    Destroyed,
}

/// How an appliance keeps its factory state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Factory<'a> {
    /// Not at all.
    Absent,
    /// As a snapshot with which the kernel follows root.
    Snapshot(&'a Snapshot),
    /// As a store that is right over the latest backup, which has this name now.
    Store(&'a Snapshot, &'static str),
    /// As something that nobody can go back to.
    Lost(FactoryLoss),
}

/// Why nobody can go back to the factory state that is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FactoryLoss {
    /// Its own store overflowed, or can't be read.
    Invalid,
    /// Its store is right, and the backup that it stands over is gone or can't be read.
    Base,
    /// Root was written while its snapshots could not follow.
    Stale,
}

/// How snapshots stand to the volume that they are of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SnapshotSync {
    /// What was overwritten in root is in them.
    InSync,
    /// Root was written while they could not follow.
    Stale,
    /// It is being written so: root is mapped without them, and LVM can make none.
    Detached,
}

impl Appliance {
    /// One of which nothing is seen but its disks.
    pub fn unseen(binding: Binding, disks: ByRole<Identity>) -> Self {
        Self {
            binding,
            disks,
            there: false,
            partial: false,
            partial_volumes: Vec::new(),
            members: Vec::new(),
            physical: Vec::new(),
            volumes: BTreeMap::new(),
            snapshots: BTreeMap::new(),
            unreadable: Vec::new(),
            begun: None,
            ordered: None,
            only: None,
            upgrades: Record::default(),
            sync: SnapshotSync::InSync,
            boot: BootFilesystem::Mountable,
            generations: BTreeMap::new(),
            vault: None,
            free: Bytes::ZERO,
        }
    }

    /// The files that a recovery which has begun is about, where these are not all.
    pub fn begun_with(&self) -> Option<&Files> {
        self.noted_for(self.begun)
    }

    /// The files that a recovery is about which was ordered for the next start, where that is not about all of the system but
    /// the machine's own. A note of single files is one that a cut has left: those are never left to the next start.
    pub fn ordered_with(&self) -> Option<&Files> {
        let ordered = self.ordered.filter(|_| self.begun.is_none());
        self.noted_for(ordered).filter(|files| files.only.is_empty())
    }

    fn noted_for(&self, target: Option<Target>) -> Option<&Files> {
        let noted = self.only.as_ref().filter(|only| Some(only.target) == target);
        noted.map(|only| &only.files)
    }
}

impl Appliance {
    /// The size of root, where there is one.
    pub fn root(&self) -> Option<Bytes> {
        self.volumes.get(&named(ROOT)).copied()
    }

    /// A snapshot that can be gone back to, or a store over one.
    pub fn valid(&self, name: &str) -> Option<&Snapshot> {
        self.snapshots.get(&named(name)).filter(|snapshot| match snapshot.state {
            SnapshotState::Valid { .. } => true,
            SnapshotState::Store { .. } => self.base_of(snapshot).is_some(),
            SnapshotState::Invalid => false,
        })
    }

    /// The latest backup, where this store is right over it and it can be gone back to.
    fn base_of(&self, store: &Snapshot) -> Option<&'static str> {
        let is_base = |base: &Snapshot| base.state.is_live() && store.state.is_over(&base.id);
        self.latest().filter(|name| self.snapshots.get(&named(name)).is_some_and(is_base))
    }

    /// How it keeps its factory state.
    pub fn factory(&self) -> Factory<'_> {
        let Some(factory) = self.snapshots.get(&named(FACTORY)) else {
            let unreadable = self.cannot_read(&[FACTORY]);
            return if unreadable { Factory::Lost(FactoryLoss::Invalid) } else { Factory::Absent };
        };
        if self.is_stale() {
            return Factory::Lost(FactoryLoss::Stale);
        }
        match factory.state {
            SnapshotState::Valid { .. } => Factory::Snapshot(factory),
            SnapshotState::Store { .. } => match self.base_of(factory) {
                Some(base) => Factory::Store(factory, base),
                None => Factory::Lost(FactoryLoss::Base),
            },
            SnapshotState::Invalid => Factory::Lost(FactoryLoss::Invalid),
        }
    }

    /// What a state is read from, and what is known of it, where it can be gone back to; it may be one that
    /// could not follow root.
    pub fn way_back(&self, target: Target) -> Option<(WayBack, &Snapshot)> {
        let name = match target {
            Target::Factory => FACTORY,
            Target::Latest => self.latest()?,
            Target::Vault(_) => return None,
        };
        let found = self.valid(name)?;
        let over = self.base_of(found);
        Some((over.map_or(WayBack::Snapshot(name), |over| WayBack::Store { over }), found))
    }

    /// The same appliance, of whose factory state it has turned out that it can't be used, as a snapshot or
    /// as a store.
    #[must_use]
    pub fn with_factory_useless(mut self) -> Self {
        if let Some(factory) = self.snapshots.get_mut(&named(FACTORY)) {
            factory.state = SnapshotState::Invalid;
        }
        self
    }

    /// Whether root was written while its snapshots could not follow.
    pub fn is_stale(&self) -> bool {
        match self.sync {
            SnapshotSync::InSync => false,
            SnapshotSync::Stale | SnapshotSync::Detached => true,
        }
    }

    /// Whether there is a snapshot of this name.
    pub fn has(&self, name: &str) -> bool {
        self.snapshots.contains_key(&named(name))
    }

    /// Whether one of these snapshots has a store that can't be read.
    pub fn cannot_read(&self, names: &[&str]) -> bool {
        self.unreadable.iter().any(|unreadable| names.contains(&unreadable.as_str()))
    }

    /// The volume that is the latest backup now, whatever a cut has left it to be called.
    pub fn latest(&self) -> Option<&'static str> {
        // What a cut has left among snapshots that could not follow is no backup.
        latest_of(|name| self.has(name)).filter(|name| *name == LATEST || !self.is_stale())
    }

    /// Whether the group lacks a part of anything but root and its snapshots, which a recovery makes anew.
    pub(crate) fn lacks_data(&self) -> bool {
        let system = [ROOT, LATEST, NEXT, OLD, FACTORY, FACTORY_NEXT];
        let is_data = |name: &String| !system.contains(&name.as_str());
        !self.members.contains(&Role::Hdd) || self.partial_volumes.iter().any(is_data)
    }

    /// The steps after which LVM can activate root.
    pub(crate) fn rid_of_unreadable(&self) -> impl Iterator<Item = Step> {
        let remove = |volume: &VolumeName| {
            Step::RemoveVolume(RemoveVolume {
                group: self.binding.group.clone(),
                volume: volume.clone(),
            })
        };
        self.unreadable.iter().map(remove)
    }

    /// What is left of snapshots that LVM was making or removing, which it does in two writes: between them
    /// one is a volume like any other.
    pub(crate) fn remnants(&self) -> impl Iterator<Item = &'static str> {
        let is_remnant = |name: &&str| self.volumes.contains_key(&named(name));
        [LATEST, NEXT, OLD, FACTORY, FACTORY_NEXT].into_iter().filter(is_remnant)
    }

    /// The steps that end what a backup that was cut off has begun.
    pub fn cleanup_steps(&self) -> Vec<Step> {
        let group = &self.binding.group;
        let there = |name: &&str| self.has(name);
        let remove = |name: &str| {
            Step::RemoveVolume(RemoveVolume { group: group.clone(), volume: named(name) })
        };
        let rename = |from: &str| {
            Step::RenameVolume(RenameVolume {
                group: group.clone(),
                from: named(from),
                to: named(LATEST),
            })
        };
        let latest = self.latest();
        let renamed = latest.filter(|name| *name != LATEST).map(rename);
        let left = [NEXT, OLD, FACTORY_NEXT];
        let left = left.into_iter().filter(there).filter(|name| latest != Some(name));
        self.remnants().map(remove).chain(renamed).chain(left.map(remove)).collect()
    }
}
