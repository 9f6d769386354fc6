//! Reads a plan as a stranger would, and says which rules it breaks.
//!
//! It shares no code with the planners: what it says of sizes and order it works out itself.

mod running;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::model::Device;
use crate::plan::{Operation, Plan};
use crate::role::Role;
use crate::step::{
    CopyBootFiles, CopyGolden, CreateFilesystem, CreateHostKeys, CreatePhysicalVolume,
    CreateSnapshot, CreateVolume, CreateVolumeGroup, EraseDisk, ExtendGroup, MakeBootable, Mount,
    MountAs, NewPartition, PartitionDisk, RemoveVolume, RetryPolicy, SaveBoot, Step, Unmount,
    Unpack, VerifySystem, WriteBootLoader, WriteFiles, WriteLedger, WriteRecord,
};
use crate::volumes::{AUDIT, USER};
use crate::world::World;

pub use running::of_running;

/// A rule that a plan breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The rule.
    pub rule: Rule,
    /// The step that breaks it, where it is one.
    pub step: Option<usize>,
}

/// The rules of plans.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// The medium that the machine was started from is no target.
    MediumIsNoTarget,
    /// Each target is there once, not in use, not write-protected.
    TargetIsFree,
    /// Both disks are erased before anything else.
    ErasesFirst,
    /// The SSD becomes bootable with the last step and no other.
    BootableLast,
    /// Partitions lie within their disk, aligned, one after another, under their own numbers.
    PartitionsFit,
    /// Volumes fit into their physical volumes.
    VolumesFit,
    /// What is used was made before.
    MadeBeforeUse,
    /// A COW store can hold a change of every chunk of its origin.
    SnapshotCannotOverflow,
    /// The snapshot is of a root that nothing has mounted, and nothing writes root after it.
    RootIsAtRest,
    /// What is mounted is unmounted, the last first, and nothing is mounted at the end.
    MountsAreNested,
    /// Files are written below the program's own mounts, by plain paths.
    PathsStayInside,
    /// The proof comes after the snapshot and before the disk is bootable.
    ProvedBeforeBootable,
    /// A step that is redone from an earlier one names one that is there.
    RedoIsPossible,
    /// The root volume is mounted by its path.
    FstabNamesVolumes,
    /// What keeps the data writes neither the user nor the audit volume, nor the disk below them.
    DataIsKept,
    /// The root volume is never removed from an installed appliance.
    KeepsRoot,
    /// A factory snapshot that can be gone back to is never removed, and one is there at the end.
    KeepsFactory,
    /// Where there was a latest backup, each cut leaves one that is found and can be gone back to.
    KeepsLatest,
    /// A snapshot takes the name of a way back only when it has been proved.
    ProvedBeforeNamed,
    /// What is copied back is looked through before the recovery is armed.
    CheckedBeforeArmed,
    /// A recovery is armed before its first write, and disarmed when all is proved.
    ArmedThroughout,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.rule)?;
        self.step.map_or(Ok(()), |step| write!(f, " (step {})", step + 1))
    }
}

/// The rules that an installation's plan breaks on this machine.
pub fn violations(plan: &Plan, world: &World) -> Vec<Violation> {
    let mut reader = Reader::default();
    reader.targets(plan, world);
    if plan.operation == Operation::Rebuild {
        reader.found_data(plan, world);
    }
    for (number, step) in plan.steps.iter().enumerate() {
        reader.number = Some(number);
        reader.order(number, step, plan);
        reader.step(step, plan);
        if let RetryPolicy::After(name) = step.retry() {
            let there = plan.steps[..number].iter().any(|earlier| earlier.name() == name);
            reader.require(there, Rule::RedoIsPossible);
        }
    }
    reader.number = None;
    reader.require(reader.mounts.is_empty(), Rule::MountsAreNested);
    reader.require(reader.proved && reader.bootable, Rule::BootableLast);
    reader.found
}

#[derive(Default)]
struct Reader {
    found: Vec<Violation>,
    number: Option<usize>,
    partitions: BTreeMap<(Role, u32), u64>,
    physical: BTreeSet<String>,
    free: BTreeMap<(Role, u32), u64>,
    volumes: BTreeMap<String, u64>,
    formatted: BTreeSet<String>,
    mounts: Vec<(String, String)>,
    snapshot_of: Option<String>,
    golden: bool,
    proved: bool,
    bootable: bool,
    /// Volumes with data that must stay.
    data: BTreeSet<String>,
}

impl Reader {
    fn require(&mut self, holds: bool, rule: Rule) {
        if !holds {
            self.found.push(Violation { rule, step: self.number });
        }
    }

    fn targets(&mut self, plan: &Plan, world: &World) {
        for role in Role::ALL {
            let identity = plan.disks.of(role);
            for disk in world.disks.iter().filter(|disk| disk.identity == *identity) {
                self.require(!disk.holds(&world.medium), Rule::MediumIsNoTarget);
                let free = !disk.read_only && disk.in_use.is_empty() && disk.unreadable.is_none();
                self.require(free, Rule::TargetIsFree);
            }
        }
        self.require(plan.disks.ssd != plan.disks.hdd, Rule::TargetIsFree);
    }

    /// What is there before a rebuild begins: the HDD's physical volume with data on it.
    fn found_data(&mut self, plan: &Plan, world: &World) {
        let hdd = world.disks.iter().find(|disk| disk.identity == plan.disks.hdd);
        let part = hdd.and_then(|disk| disk.partitions.iter().find(|part| part.number == 1));
        let group = world.groups.iter().find(|group| {
            group.name == plan.group && hdd.is_some_and(|disk| group.disks.contains(&disk.name))
        });
        let (Some(part), Some(group)) = (part, group) else {
            self.require(false, Rule::MadeBeforeUse);
            return;
        };
        let mut free = part.size.0.saturating_sub(1 << 20);
        let goes = plan.steps.iter().filter_map(|step| match step {
            Step::RemoveVolume(RemoveVolume { volume, .. }) => Some(volume),
            _ => None,
        });
        let goes: BTreeSet<_> = goes.collect();
        for volume in group.volumes.iter().filter(|volume| !goes.contains(&volume.name)) {
            free = free.saturating_sub(volume.size.0);
            self.volumes.insert(volume.name.to_string(), volume.size.0);
            self.formatted.insert(format!("{}/{}", plan.group, volume.name));
            self.data.insert(volume.name.to_string());
        }
        self.partitions.insert((Role::Hdd, 1), part.size.0);
        self.physical.insert(name(&Device::Partition(Role::Hdd, 1)));
        self.free.insert((Role::Hdd, 1), free);
    }

    /// A step that would lose data which is to stay.
    fn spares_data(&mut self, step: &Step) {
        let lost = match step {
            Step::EraseDisk(EraseDisk { disk })
            | Step::PartitionDisk(PartitionDisk { disk, .. }) => *disk == Role::Hdd,
            Step::CreatePhysicalVolume(CreatePhysicalVolume { device, .. }) => {
                matches!(device, Device::Partition(Role::Hdd, _))
            }
            Step::CreateVolumeGroup(_) => true,
            Step::CreateFilesystem(CreateFilesystem {
                device: Device::Volume(_, volume), ..
            })
            | Step::CreateVolume(CreateVolume { volume, .. })
            | Step::RemoveVolume(RemoveVolume { volume, .. }) => {
                self.data.contains(volume.as_str())
                    || matches!(step, Step::RemoveVolume(_))
                        && [USER, AUDIT].contains(&volume.as_str())
            }
            _ => false,
        };
        self.require(!lost, Rule::DataIsKept);
    }

    fn order(&mut self, number: usize, step: &Step, plan: &Plan) {
        let erases = matches!(step, Step::EraseDisk(_));
        let disks = if plan.operation == Operation::Rebuild { 1 } else { 2 };
        self.require(erases == (number < disks), Rule::ErasesFirst);
        let last = number + 1 == plan.steps.len();
        let bootable = matches!(step, Step::MakeBootable(MakeBootable { disk: Role::Ssd }));
        self.require(bootable == last, Rule::BootableLast);
    }

    fn step(&mut self, step: &Step, plan: &Plan) {
        if plan.operation == Operation::Rebuild {
            self.spares_data(step);
        }
        match step {
            Step::PartitionDisk(PartitionDisk { disk, table }) => {
                self.table(*disk, &table.partitions, plan);
            }
            Step::CreatePhysicalVolume(CreatePhysicalVolume { device, .. }) => {
                self.made(device);
                self.physical.insert(name(device));
            }
            Step::CreateVolumeGroup(CreateVolumeGroup { devices, .. }) => {
                for device in devices {
                    self.joins(device);
                }
            }
            Step::CreateVolume(CreateVolume { volume, size, on, .. }) => {
                self.take(on, size.0);
                self.volumes.insert(volume.to_string(), size.0);
            }
            Step::CreateSnapshot(CreateSnapshot { origin, snapshot, chunk, size, on, .. }) => {
                self.take(on, size.0);
                self.snapshot(origin.as_str(), chunk.0, size.0);
                self.volumes.insert(snapshot.to_string(), 0);
                self.formatted.insert(name(&Device::Volume(plan.group.clone(), snapshot.clone())));
            }
            Step::CreateFilesystem(CreateFilesystem { device, .. }) => {
                self.made(device);
                self.writes(device);
                self.formatted.insert(name(device));
            }
            Step::Mount(Mount { device, at, kind }) => self.mount(device, at, *kind),
            Step::Unmount(Unmount { at }) => {
                let last = self.mounts.pop();
                self.require(last.is_some_and(|(_, place)| place == *at), Rule::MountsAreNested);
            }
            Step::OpenGolden(_) => self.golden = true,
            Step::CloseGolden(_) => self.golden = false,
            Step::Unpack(Unpack { to }) => {
                self.require(self.golden, Rule::MadeBeforeUse);
                self.inside(to);
            }
            Step::WriteFiles(WriteFiles { at, files, .. }) => {
                for file in files {
                    self.inside(&format!("{at}/{}", file.path));
                    if file.path == "etc/fstab" {
                        self.fstab(&file.content);
                    }
                }
            }
            Step::CreateHostKeys(CreateHostKeys { root: at })
            | Step::CopyGolden(CopyGolden { to: at })
            | Step::CopyBootFiles(CopyBootFiles { to: at })
            | Step::WriteLedger(WriteLedger { at, .. })
            | Step::WriteRecord(WriteRecord { at }) => self.inside(at),
            Step::VerifySystem(VerifySystem { root, .. }) => {
                self.inside(root);
                self.require(self.snapshot_of.is_some(), Rule::ProvedBeforeBootable);
                self.proved = true;
            }
            Step::WriteBootLoader(WriteBootLoader { disk }) => {
                self.made(&Device::Partition(*disk, 1));
                self.made(&Device::Partition(*disk, 2));
            }
            Step::MakeBootable(_) => {
                self.require(self.proved, Rule::ProvedBeforeBootable);
                self.require(self.mounts.is_empty(), Rule::MountsAreNested);
                self.bootable = true;
            }
            Step::ExtendGroup(ExtendGroup { device, .. }) => self.joins(device),
            Step::SaveBoot(SaveBoot { boot, to, .. }) => {
                self.inside(boot);
                self.inside(to);
            }
            Step::EraseDisk(_)
            | Step::ActivateVolumes(_)
            | Step::ReduceGroup(_)
            | Step::RemoveVolume(_) => {}
            // No part of an installation.
            Step::RenameVolume(_)
            | Step::UpdateMetadata(_)
            | Step::VerifyBackup(_)
            | Step::CheckSnapshot(_)
            | Step::Arm(_)
            | Step::Disarm(_)
            | Step::ForgetDegraded(_)
            | Step::NoteOutcome(_)
            | Step::CopyBack(_)
            | Step::VerifyCopy(_)
            | Step::RestoreBoot(_)
            | Step::NoteOnly(_)
            | Step::ForgetOnly(_)
            | Step::RepairFiles(_)
            | Step::VerifyFiles(_)
            | Step::StopServices(_)
            | Step::ReloadManager(_)
            | Step::StartServices(_)
            | Step::RestartServices(_) => self.require(false, Rule::ErasesFirst),
        }
    }

    /// A device becomes one of the group's.
    fn joins(&mut self, device: &Device) {
        self.require(self.physical.contains(&name(device)), Rule::MadeBeforeUse);
        if let Device::Partition(role, number) = device {
            // LVM keeps its first MiB for itself.
            let size = self.partitions.get(&(*role, *number)).copied().unwrap_or(0);
            self.free.insert((*role, *number), size.saturating_sub(1 << 20));
        }
    }

    fn table(&mut self, disk: Role, partitions: &[NewPartition], plan: &Plan) {
        const MIB: u64 = 1 << 20;
        let size = plan.disks.of(disk).size.0;
        let mut end = MIB;
        for (number, new) in (1..).zip(partitions) {
            let aligned = new.start.0.is_multiple_of(MIB) && new.size.0.is_multiple_of(MIB);
            self.require(aligned && new.size.0 > 0 && new.start.0 >= end, Rule::PartitionsFit);
            self.require(new.number == number, Rule::PartitionsFit);
            end = new.start.0.saturating_add(new.size.0);
            self.require(end <= size.saturating_sub(MIB), Rule::PartitionsFit);
            self.partitions.insert((disk, number), new.size.0);
        }
    }

    fn made(&mut self, device: &Device) {
        let there = match device {
            Device::Partition(role, number) => self.partitions.contains_key(&(*role, *number)),
            Device::Volume(_, volume) => self.volumes.contains_key(volume.as_str()),
            Device::Golden => true,
        };
        self.require(there, Rule::MadeBeforeUse);
    }

    fn take(&mut self, on: &Device, size: u64) {
        let Device::Partition(role, number) = on else {
            self.require(false, Rule::VolumesFit);
            return;
        };
        let free = self.free.get(&(*role, *number)).copied().unwrap_or(0);
        self.require(size > 0 && size <= free, Rule::VolumesFit);
        self.free.insert((*role, *number), free.saturating_sub(size));
    }

    fn snapshot(&mut self, origin: &str, chunk: u64, size: u64) {
        let rooted = self.volumes.get(origin).copied().unwrap_or(0);
        self.require(rooted > 0 && chunk > 0, Rule::MadeBeforeUse);
        // Every chunk, 16 bytes of table for each, the header, and a last area of the table.
        let chunks = rooted.div_ceil(chunk.max(1));
        let table = (chunks * 16).div_ceil(chunk.max(1)) + 1;
        self.require(size >= (chunks + table + 1) * chunk, Rule::SnapshotCannotOverflow);
        let mounted = self.mounts.iter().any(|(device, _)| device.ends_with(origin));
        self.require(!mounted, Rule::RootIsAtRest);
        self.snapshot_of = Some(origin.to_owned());
    }

    fn writes(&mut self, device: &Device) {
        if let (Device::Volume(_, volume), Some(origin)) = (device, &self.snapshot_of) {
            let rests = volume.as_str() != origin;
            self.require(rests, Rule::RootIsAtRest);
        }
    }

    fn mount(&mut self, device: &Device, at: &str, kind: MountAs) {
        let there = matches!(device, Device::Golden) || self.formatted.contains(&name(device));
        self.require(there, Rule::MadeBeforeUse);
        if kind == MountAs::Ext4 {
            self.writes(device);
        }
        self.require(plain(at), Rule::PathsStayInside);
        self.mounts.push((name(device), at.to_owned()));
    }

    fn inside(&mut self, path: &str) {
        let below =
            self.mounts.iter().any(|(_, at)| path == at || path.starts_with(&format!("{at}/")));
        self.require(below && plain(path), Rule::PathsStayInside);
    }

    fn fstab(&mut self, content: &str) {
        let root = content.lines().find(|line| line.split_whitespace().nth(1) == Some("/"));
        let by_path = root.is_some_and(|line| line.starts_with("/dev/"));
        self.require(by_path && !content.contains("LABEL="), Rule::FstabNamesVolumes);
    }
}

fn name(device: &Device) -> String {
    match device {
        Device::Partition(role, number) => format!("{role}{number}"),
        Device::Volume(group, volume) => format!("{group}/{volume}"),
        Device::Golden => "golden".to_owned(),
    }
}

/// A path below the program's own directory that leads nowhere else.
fn plain(path: &str) -> bool {
    path.starts_with("/run/zshield/") && !path.split('/').any(|part| part == ".." || part == ".")
}
