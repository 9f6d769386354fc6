//! The rules of a plan for an installed appliance: a backup's or a recovery's.

use std::collections::BTreeMap;

use super::{Rule, Violation, plain};
use crate::appliance::Appliance;
use crate::model::{Device, SnapshotState};
use crate::plan::{Operation, Plan};
use crate::role::Role;
use crate::step::{
    CheckSnapshot, CopyBack, CreateFilesystem, CreatePhysicalVolume, CreateSnapshot, CreateVolume,
    Mount, MountAs, NoteOnly, RemoveVolume, RenameVolume, RepairFiles, Step, Unmount, VerifyBackup,
    VerifyFiles, VerifySystem,
};
use crate::volumes::{AUDIT, FACTORY, LATEST, NEXT, OLD, ROOT, USER};

/// The rules that a plan breaks on this appliance.
pub fn of_running(plan: &Plan, appliance: &Appliance) -> Vec<Violation> {
    let mut reader = Reader::new(plan, appliance);
    let had_latest = reader.latest();
    for (number, step) in plan.steps.iter().enumerate() {
        reader.number = Some(number);
        reader.spares(step);
        reader.step(step, plan);
        reader.require(!had_latest || reader.latest(), Rule::KeepsLatest);
    }
    reader.number = None;
    reader.require(reader.mounts.is_empty(), Rule::MountsAreNested);
    reader.require(!reader.armed, Rule::ArmedThroughout);
    let recovers = matches!(plan.operation, Operation::Recover(_));
    reader.require(recovers || reader.latest(), Rule::KeepsLatest);
    reader.require(!recovers || reader.sound(FACTORY) || !reader.unpacks, Rule::KeepsFactory);
    reader.found
}

/// What is known of a snapshot.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Snapshot {
    /// It can be gone back to.
    Sound,
    /// Nothing says so yet.
    Unproved,
    /// It can't.
    Useless,
}

// What a reader has to remember is whether this or that has been seen.
#[allow(clippy::struct_excessive_bools)]
struct Reader {
    found: Vec<Violation>,
    number: Option<usize>,
    snapshots: BTreeMap<String, Snapshot>,
    root: u64,
    mounts: Vec<(String, String)>,
    recovers: bool,
    armed: bool,
    proved: bool,
    unpacks: bool,
    /// Whether what is gone back to was looked through.
    checked: bool,
    /// Whether the disk below user and audit data is a member of the group.
    data_is_here: bool,
    /// What was put right last.
    right: Option<Step>,
    /// The files of what had begun; none where that was about all of the system.
    begun: Option<Vec<String>>,
}

impl Reader {
    fn new(plan: &Plan, appliance: &Appliance) -> Self {
        let known = |state: SnapshotState| match state {
            SnapshotState::Valid { .. } if !appliance.is_stale() => Snapshot::Sound,
            SnapshotState::Valid { .. } | SnapshotState::Invalid => Snapshot::Useless,
        };
        let snapshots = appliance.snapshots.iter();
        let snapshots = snapshots.map(|(name, snapshot)| (name, known(snapshot.state)));
        let unreadable = appliance.unreadable.iter().map(|name| (name, Snapshot::Useless));
        let snapshots = snapshots.chain(unreadable);
        Self {
            found: Vec::new(),
            number: None,
            snapshots: snapshots.map(|(name, known)| (name.to_string(), known)).collect(),
            root: appliance.root().map_or(0, |root| root.0),
            mounts: Vec::new(),
            recovers: matches!(plan.operation, Operation::Recover(_)),
            armed: false,
            proved: false,
            unpacks: false,
            checked: false,
            data_is_here: appliance.members.contains(&Role::Hdd),
            right: None,
            begun: appliance.begun.map(|_| {
                let files = appliance.begun_with().map(|files| files.only.clone());
                files.unwrap_or_default()
            }),
        }
    }

    fn require(&mut self, holds: bool, rule: Rule) {
        if !holds {
            self.found.push(Violation { rule, step: self.number });
        }
    }

    fn sound(&self, name: &str) -> bool {
        self.snapshots.get(name) == Some(&Snapshot::Sound)
    }

    /// Whether it is a snapshot that this plan has made, and that nobody relies on yet.
    fn unproved(&self, name: &str) -> bool {
        self.snapshots.get(name) == Some(&Snapshot::Unproved)
    }

    /// Whether a device is a snapshot that can be gone back to.
    fn is_sound_device(&self, device: &str) -> bool {
        let sound = self.snapshots.iter().filter(|(_, known)| **known == Snapshot::Sound);
        sound.map(|(name, _)| format!("{name:?})")).any(|name| device.contains(&name))
    }

    /// Whether a cut here would leave a backup that can be gone back to, under a name by which it
    /// is found.
    fn latest(&self) -> bool {
        let there = |name: &str| self.snapshots.contains_key(name);
        match (there(LATEST), there(OLD), there(NEXT)) {
            (true, ..) => self.sound(LATEST),
            (false, true, true) => self.sound(NEXT),
            (false, true, false) => self.sound(OLD),
            (false, false, _) => false,
        }
    }

    /// No step writes customer data, or a disk below it.
    fn spares(&mut self, step: &Step) {
        let data = |name: &str| [USER, AUDIT].contains(&name);
        let lost = match step {
            Step::EraseDisk(_)
            | Step::PartitionDisk(_)
            | Step::MakeBootable(_)
            | Step::WriteBootLoader(_)
            | Step::CopyGolden(_)
            | Step::CreateFilesystem(CreateFilesystem { device: Device::Partition(..), .. }) => {
                true
            }
            Step::Mount(Mount {
                device: Device::Volume(_, volume), kind: MountAs::Ext4, ..
            })
            | Step::RemoveVolume(RemoveVolume { volume, .. })
            | Step::RenameVolume(RenameVolume { from: volume, .. }) => data(volume.as_str()),
            _ => false,
        };
        self.require(!lost, Rule::DataIsKept);
        let needs_arming = matches!(
            step,
            Step::CopyBack(_)
                | Step::RestoreBoot(_)
                | Step::CreateFilesystem(_)
                | Step::Unpack(_)
                | Step::ReduceGroup(_)
                | Step::RemoveVolume(_)
                | Step::WriteLedger(_)
                | Step::RepairFiles(_)
        );
        // What nobody can go back to only keeps a start from what it needs.
        let useless = matches!(step, Step::RemoveVolume(RemoveVolume { volume, .. })
            if self.snapshots.get(volume.as_str()) == Some(&Snapshot::Useless));
        let unarmed = useless || !needs_arming || !self.recovers;
        self.require(self.armed || unarmed, Rule::ArmedThroughout);
    }

    fn step(&mut self, step: &Step, plan: &Plan) {
        match step {
            Step::CheckSnapshot(CheckSnapshot { snapshot, .. }) => {
                self.require(self.sound(snapshot.as_str()), Rule::MadeBeforeUse);
                self.checked = true;
            }
            Step::Arm(_) => {
                let copies = |step: &Step| matches!(step, Step::CopyBack(_));
                let needed = plan.steps.iter().any(copies);
                self.require(self.checked || !needed, Rule::CheckedBeforeArmed);
                self.armed = true;
            }
            Step::Disarm(_) => {
                self.require(self.proved, Rule::ProvedBeforeBootable);
                self.armed = false;
            }
            Step::RemoveVolume(RemoveVolume { volume, .. }) => {
                let name = volume.as_str();
                self.require(name != ROOT, Rule::KeepsRoot);
                self.require(name != FACTORY || !self.sound(FACTORY), Rule::KeepsFactory);
                self.snapshots.remove(name);
            }
            Step::RenameVolume(RenameVolume { from, to, .. }) => {
                let known = self.snapshots.remove(from.as_str());
                let free = !self.snapshots.contains_key(to.as_str());
                self.require(known.is_some() && free, Rule::MadeBeforeUse);
                let way_back = [LATEST, FACTORY].contains(&to.as_str());
                self.require(!way_back || known == Some(Snapshot::Sound), Rule::ProvedBeforeNamed);
                self.snapshots.extend(known.map(|known| (to.to_string(), known)));
            }
            Step::CreateSnapshot(CreateSnapshot { snapshot, chunk, size, .. }) => {
                let chunks = self.root.div_ceil(chunk.0.max(1));
                let table = (chunks * 16).div_ceil(chunk.0.max(1)) + 1;
                let enough = size.0 >= (chunks + table + 1).saturating_mul(chunk.0);
                self.require(self.root == 0 || enough, Rule::SnapshotCannotOverflow);
                let way_back = [LATEST, FACTORY].contains(&snapshot.as_str());
                self.require(!way_back, Rule::ProvedBeforeNamed);
                self.snapshots.insert(snapshot.to_string(), Snapshot::Unproved);
            }
            Step::VerifyBackup(VerifyBackup { snapshot, .. })
            | Step::VerifySystem(VerifySystem { snapshot, .. }) => {
                let there = self.snapshots.insert(snapshot.to_string(), Snapshot::Sound).is_some();
                self.require(there, Rule::MadeBeforeUse);
                self.proved = true;
            }
            Step::CopyBack(CopyBack { snapshot, .. }) => {
                self.require(self.sound(snapshot.as_str()), Rule::MadeBeforeUse);
                self.at_rest();
            }
            Step::VerifyCopy(_) => self.proved = true,
            Step::RepairFiles(RepairFiles { from, to, .. }) => {
                let mounted = self.mounts.iter().filter(|(_, at)| at == from);
                let sound = mounted.filter(|(device, _)| self.is_sound_device(device)).count();
                self.require(sound == 1, Rule::MadeBeforeUse);
                let data = |device: &str| {
                    [USER, AUDIT].iter().any(|name| device.contains(&format!("{name:?})")))
                };
                let lost = self.mounts.iter().any(|(device, at)| at == to && data(device));
                self.require(!lost, Rule::DataIsKept);
                (self.proved, self.right) = (false, Some(step.clone()));
            }
            Step::VerifyFiles(VerifyFiles { from, to, files }) => {
                let same = Step::RepairFiles(RepairFiles {
                    from: from.clone(),
                    to: to.clone(),
                    files: files.clone(),
                });
                self.proved = self.right.as_ref() == Some(&same);
                self.require(self.proved, Rule::MadeBeforeUse);
            }
            // What has begun must not become a recovery of more, or of less, than was asked for.
            Step::NoteOnly(NoteOnly { only, .. }) => {
                let mut begun = self.begun.iter().flatten();
                let left_out = begun.any(|path| !only.files.only.contains(path));
                let all = self.begun.as_ref().is_some_and(Vec::is_empty);
                self.require(!self.armed && !left_out && !all, Rule::ArmedThroughout);
            }
            Step::ForgetOnly(_) => self.require(!self.armed, Rule::ArmedThroughout),
            Step::CreateFilesystem(CreateFilesystem { device, .. }) => self.formats(device, plan),
            Step::CreateVolume(CreateVolume { volume, size, .. }) if volume.as_str() == ROOT => {
                self.root = size.0;
            }
            // It removes whatever lies on a disk that is no member.
            Step::ReduceGroup(_) => self.require(self.data_is_here, Rule::DataIsKept),
            Step::Unpack(_) => self.unpacks = true,
            Step::Mount(Mount { device, at, .. }) => {
                self.require(plain(at), Rule::PathsStayInside);
                self.mounts.push((format!("{device:?}"), at.clone()));
            }
            Step::Unmount(Unmount { at }) => {
                let last = self.mounts.pop();
                self.require(last.is_some_and(|(_, place)| place == *at), Rule::MountsAreNested);
            }
            Step::CreatePhysicalVolume(CreatePhysicalVolume { device, .. }) => {
                // Only where no volume group has it: then nothing on it could be read.
                let hdd = matches!(device, Device::Partition(Role::Hdd, _));
                let group = plan
                    .steps
                    .iter()
                    .any(|step| matches!(step, Step::ExtendGroup(_) | Step::CreateVolumeGroup(_)));
                self.require(group && (self.unpacks || !hdd || self.recovers), Rule::DataIsKept);
            }
            _ => {}
        }
    }

    /// Nothing is formatted but what this plan makes, and root where it is recovered.
    fn formats(&mut self, device: &Device, plan: &Plan) {
        let snapshot =
            matches!(device, Device::Volume(_, volume) if self.unproved(volume.as_str()));
        if snapshot {
            return;
        }
        let root = matches!(device, Device::Volume(_, volume) if volume.as_str() == ROOT);
        let data = plan.steps.iter().any(|step| {
            matches!((step, device), (Step::CreateVolume(CreateVolume { volume, .. }), Device::Volume(_, made)) if volume == made)
        });
        self.require((root && self.recovers) || data, Rule::DataIsKept);
        self.at_rest();
    }

    /// Root itself is not mounted.
    fn at_rest(&mut self) {
        let root = format!("{ROOT:?})");
        let mounted = self.mounts.iter().any(|(device, _)| device.contains(&root));
        self.require(!mounted, Rule::RootIsAtRest);
    }
}
