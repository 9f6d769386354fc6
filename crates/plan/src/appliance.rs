//! An installed appliance as it was found: what backups and recoveries are planned from.

use std::collections::BTreeMap;

use crate::id::Identity;
use crate::model::{Binding, Files, RestoreScope, Snapshot, Target};
use crate::policy::VolumeName;
use crate::role::{ByRole, Role};
use crate::step::{RemoveVolume, RenameVolume, Step};
use crate::volumes::{FACTORY, FACTORY_NEXT, LATEST, NEXT, OLD, ROOT, named};
use zshield_units::Bytes;

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
    /// The disks whose physical volumes belong to the group.
    pub members: Vec<Role>,
    /// Its volumes that are no snapshots, with their sizes.
    pub volumes: BTreeMap<VolumeName, Bytes>,
    /// Its snapshots of root.
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
    /// How its snapshots stand to root.
    pub sync: SnapshotSync,
    /// What has become of the filesystem of `/boot`.
    pub boot: BootFilesystem,
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
    /// The files that a recovery which has begun is about, where these are not all.
    pub fn begun_with(&self) -> Option<&Files> {
        let noted = self.only.as_ref().filter(|only| Some(only.target) == self.begun);
        noted.map(|only| &only.files)
    }
}

impl Appliance {
    /// The size of root, where there is one.
    pub fn root(&self) -> Option<Bytes> {
        self.volumes.get(&named(ROOT)).copied()
    }

    /// A snapshot that can be gone back to.
    pub fn valid(&self, name: &str) -> Option<&Snapshot> {
        self.snapshots.get(&named(name)).filter(|snapshot| snapshot.state.is_valid())
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
        let there = |name| self.has(name);
        if there(LATEST) {
            return Some(LATEST);
        }
        // What a cut has left among snapshots that could not follow is no backup.
        if self.is_stale() {
            return None;
        }
        // The old one gives its name away only to one that was proved.
        there(OLD).then_some(if there(NEXT) { NEXT } else { OLD })
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
        // LVM makes and removes a snapshot in two writes: between them it is a volume like any other.
        let is_remnant = |name: &&str| self.volumes.contains_key(&named(name));
        let remnants = [LATEST, NEXT, OLD, FACTORY, FACTORY_NEXT].into_iter().filter(is_remnant);
        let latest = self.latest();
        let renamed = latest.filter(|name| *name != LATEST).map(rename);
        let left = [NEXT, OLD, FACTORY_NEXT];
        let left = left.into_iter().filter(there).filter(|name| latest != Some(name));
        remnants.map(remove).chain(renamed).chain(left.map(remove)).collect()
    }
}
