//! A repair: what a machine is started by is made whole again. Root, its backups and the data are not written.
//!
//! There is no journal: each step may be done twice, and whoever looks again after a cut finds what is still damaged. The
//! boot loader comes last, so that it starts nothing that is not there.

use std::collections::BTreeSet;
use std::fmt;

use zshield_messages::say;

use crate::appliance::Appliance;
use crate::grub::DIRECTORY;
use crate::id::{Identity, Slot};
use crate::install::{Ids, Inputs};
use crate::ledger::Ledger;
use crate::model::{Binding, Device};
use crate::opened::{SNAPSHOT, mounted, opened};
use crate::plan::{Operation, Plan};
use crate::policy::GroupName;
use crate::role::{ByRole, Role};
use crate::saved;
use crate::step::{
    ActivateVolumes, CopyGolden, CreateFilesystem, Disarm, Mount, MountAs, RenewBootLoader,
    RestoreBoot, RestoreTable, Step, Unmount, WriteFloor, WriteKeys, WriteLedger,
};
use crate::upgrade::floor::Floor;
use crate::volumes::{BOOT, BOOT_AT, BOOT_NAME, GOLDEN, GOLDEN_AT, GOLDEN_NAME, ROOT, named};
use crate::way_back::WayBack;
use crate::world::ImageFacts;

/// A part of what a machine is started by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// A copy of the SSD's partition table, or its protective MBR. Without them nothing of the disk may be seen.
    SsdTable,
    /// Likewise of the HDD's.
    HddTable,
    /// The filesystem of the Golden partition, and so all that is in it.
    GoldenFilesystem,
    /// The Golden Image, by which the rescue system is started.
    Golden,
    /// The filesystem of `/boot`, and so all that is in it.
    BootFilesystem,
    /// Kernel, initial RAM disk and menu.
    Boot,
    /// What the machine knows of itself.
    Ledger,
    /// What GRUB is told, and tells.
    Environment,
    /// GRUB for BIOS and for UEFI.
    BootLoader,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&match self {
            Self::SsdTable => say::whole::table(Role::Ssd.to_string()),
            Self::HddTable => say::whole::table(Role::Hdd.to_string()),
            Self::GoldenFilesystem => say::whole::golden_filesystem(),
            Self::Golden => say::whole::golden(),
            Self::BootFilesystem => say::whole::boot_filesystem(),
            Self::Boot => say::whole::boot(),
            Self::Ledger => say::whole::ledger(),
            Self::Environment => say::whole::environment(),
            Self::BootLoader => say::whole::boot_loader(),
        })
    }
}

/// Why a part can't be made whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Lack {
    /// The image at hand is not the machine's own.
    #[error("{}", say::whole::lack_image())]
    Image,
    /// Neither root nor a backup has a whole boot set.
    #[error("{}", say::whole::lack_boot_set())]
    BootSet,
    /// A recovery has begun, and goes on instead.
    #[error("{}", say::whole::lack_begun())]
    Begun,
}

/// What is damaged on an appliance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// The parts.
    pub parts: BTreeSet<Part>,
    /// The system whose boot set is whole.
    pub set: Option<SetOf>,
}

/// The system that a boot set is taken from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetOf {
    /// The one on root.
    Root,
    /// The one in a backup.
    Backup(WayBack),
}

/// What is made whole, and what can't be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repair {
    /// What is made whole.
    pub mended: BTreeSet<Part>,
    /// What stays damaged, and why.
    pub left: Vec<(Part, Lack)>,
    /// The plan; without a step where nothing can be done.
    pub plan: Plan,
}

/// The repair of partition tables: what else is damaged shows when it is done.
pub fn tables(
    image: &ImageFacts,
    binding: &Binding,
    disks: &ByRole<Identity>,
    damaged: &ByRole<bool>,
) -> Repair {
    let roles = Role::ALL.into_iter().filter(|role| *damaged.of(*role));
    let part = |role: Role| match role {
        Role::Ssd => Part::SsdTable,
        Role::Hdd => Part::HddTable,
    };
    let step = |disk: Role| Step::RestoreTable(RestoreTable { disk });
    let plan = Plan {
        operation: Operation::Repair,
        image: image.digest.clone(),
        version: image.version.clone(),
        disks: disks.clone(),
        group: binding.group.clone(),
        layout: None,
        steps: roles.clone().map(step).collect(),
    };
    Repair { mended: roles.map(part).collect(), left: Vec::new(), plan }
}

/// The repair of an appliance that does not run.
pub fn plan(
    inputs: &Inputs<'_>,
    appliance: &Appliance,
    known: &Ledger,
    damage: &Damage,
    ids: &Ids,
) -> Repair {
    let with = With { inputs, appliance, known, damage };
    let (mut mended, mut left) = (BTreeSet::new(), Vec::new());
    for part in &damage.parts {
        match with.lack(*part) {
            None => drop(mended.insert(*part)),
            Some(why) => left.push((*part, why)),
        }
    }
    let steps = with.steps(&mended, ids);
    let plan = Plan {
        operation: Operation::Repair,
        image: known.image.clone(),
        version: known.version.clone(),
        disks: appliance.disks.clone(),
        group: appliance.binding.group.clone(),
        layout: None,
        steps,
    };
    Repair { mended, left, plan }
}

struct With<'a> {
    inputs: &'a Inputs<'a>,
    appliance: &'a Appliance,
    known: &'a Ledger,
    damage: &'a Damage,
}

impl With<'_> {
    fn lack(&self, part: Part) -> Option<Lack> {
        let digest = &self.inputs.world.image.digest;
        let lacks = |lack, is_lacking: bool| is_lacking.then_some(lack);
        match part {
            Part::GoldenFilesystem => lacks(Lack::Image, !self.known.is_own(digest)),
            Part::SsdTable | Part::HddTable => None,
            // In place of another one it would be another factory state.
            Part::Golden | Part::BootLoader => {
                lacks(Lack::Image, self.ledger().golden_image() != digest)
            }
            // What goes on with the next start writes all of it.
            Part::BootFilesystem | Part::Boot | Part::Ledger | Part::Environment
                if self.appliance.begun.is_some() =>
            {
                Some(Lack::Begun)
            }
            Part::BootFilesystem | Part::Boot => lacks(Lack::BootSet, self.damage.set.is_none()),
            Part::Ledger | Part::Environment => {
                let needs_set = self.damage.parts.contains(&Part::BootFilesystem);
                lacks(Lack::BootSet, needs_set && self.damage.set.is_none())
            }
        }
    }

    /// What the machine knows of itself then.
    fn ledger(&self) -> Ledger {
        let digest = &self.inputs.world.image.digest;
        let known = Ledger { disks: self.appliance.disks.clone(), ..self.known.clone() };
        let is_anew = self.damage.parts.contains(&Part::GoldenFilesystem);
        if is_anew && known.is_own(digest) {
            Ledger { slot: Slot::A, ..known }.with_golden(digest.clone())
        } else {
            known
        }
    }

    fn steps(&self, mended: &BTreeSet<Part>, ids: &Ids) -> Vec<Step> {
        let mut steps = self.golden(mended);
        steps.extend(self.boot(mended, ids));
        if mended.contains(&Part::BootLoader) {
            steps.push(Step::RenewBootLoader(RenewBootLoader { disk: Role::Ssd }));
        }
        steps
    }

    /// The slot, and beside it the floor and the keys where the filesystem is made anew.
    fn golden(&self, mended: &BTreeSet<Part>) -> Vec<Step> {
        let is_anew = mended.contains(&Part::GoldenFilesystem);
        if !is_anew && !mended.contains(&Part::Golden) {
            return Vec::new();
        }
        let mut steps = Vec::new();
        let at = GOLDEN_AT.to_owned();
        if is_anew {
            steps.push(Step::CreateFilesystem(CreateFilesystem {
                device: GOLDEN,
                label: GOLDEN_NAME.to_owned(),
                id: self.known.golden,
                inodes: None,
            }));
        }
        let to = format!("{GOLDEN_AT}/{}", self.ledger().slot.directory());
        steps.extend([
            Step::Mount(Mount { device: GOLDEN, at: at.clone(), kind: MountAs::Ext4 }),
            Step::CopyGolden(CopyGolden { to }),
        ]);
        if is_anew {
            let upgrades = &self.appliance.upgrades;
            let floor = Floor::of_version(&self.inputs.world.image.version);
            let floor = floor.raised(upgrades.floor().clone());
            steps.push(Step::WriteFloor(WriteFloor { at: at.clone(), floor }));
            let said = upgrades.keys().clone().carried();
            if !said.is_empty() {
                steps.push(Step::WriteKeys(WriteKeys { at: at.clone(), said }));
            }
        }
        steps.push(Step::Unmount(Unmount { at }));
        steps
    }

    fn boot(&self, mended: &BTreeSet<Part>, ids: &Ids) -> Vec<Step> {
        let golden_anew = mended.contains(&Part::GoldenFilesystem);
        let is_about_boot = |part: &Part| match part {
            Part::BootFilesystem | Part::Boot | Part::Ledger | Part::Environment => true,
            Part::SsdTable
            | Part::HddTable
            | Part::GoldenFilesystem
            | Part::Golden
            | Part::BootLoader => false,
        };
        let has_filesystem = !self.damage.parts.contains(&Part::BootFilesystem)
            || mended.contains(&Part::BootFilesystem);
        let is_written = golden_anew || mended.iter().any(is_about_boot);
        if !has_filesystem || !is_written {
            return Vec::new();
        }
        let mut steps = Vec::new();
        if mended.contains(&Part::BootFilesystem) {
            steps.push(Step::CreateFilesystem(CreateFilesystem {
                device: BOOT,
                label: BOOT_NAME.to_owned(),
                id: ids.boot,
                inodes: None,
            }));
        }
        let directory = || format!("{BOOT_AT}/{DIRECTORY}");
        let at = BOOT_AT.to_owned();
        steps.push(Step::Mount(Mount { device: BOOT, at: at.clone(), kind: MountAs::Ext4 }));
        if mended.contains(&Part::Boot) || mended.contains(&Part::BootFilesystem) {
            steps.extend(self.damage.set.map(|set| self.set_restored(set)).unwrap_or_default());
        }
        if mended.contains(&Part::Ledger) || golden_anew {
            let ledger = self.ledger();
            steps.push(Step::WriteLedger(WriteLedger { at: directory(), ledger }));
        }
        if mended.contains(&Part::Environment) {
            steps.push(Step::Disarm(Disarm { at: directory() }));
        }
        steps.push(Step::Unmount(Unmount { at }));
        steps
    }

    fn set_restored(&self, set: SetOf) -> Vec<Step> {
        let group = &self.appliance.binding.group;
        let restore = Step::RestoreBoot(RestoreBoot {
            from: format!("{SNAPSHOT}/{}", saved::DIRECTORY),
            to: BOOT_AT.to_owned(),
        });
        let activate = Step::ActivateVolumes(ActivateVolumes { group: group.clone() });
        let restored = match set {
            SetOf::Root => root_mounted(group, restore),
            SetOf::Backup(way) => opened(group, way, mounted(group, way, vec![restore])),
        };
        [vec![activate], restored].concat()
    }
}

fn root_mounted(group: &GroupName, step: Step) -> Vec<Step> {
    let device = Device::Volume(group.clone(), named(ROOT));
    let at = SNAPSHOT.to_owned();
    let mount = Mount { device, at: at.clone(), kind: MountAs::Ext4Frozen };
    vec![Step::Mount(mount), step, Step::Unmount(Unmount { at })]
}
