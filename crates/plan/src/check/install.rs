//! The rules of a plan that makes an appliance: an installation's or a rebuild's.

use std::collections::{BTreeSet, HashSet};

use super::effect::{Effect, Kind};
use super::finding::{Finding, Findings, Violation};
use super::mounts::{Mounts, is_plain, is_volume};
use super::space::{Space, least_store};
use super::touched::is_data;
use crate::model::Device;
use crate::plan::{Operation, Plan};
use crate::policy::VolumeName;
use crate::role::Role;
use crate::step::{CreateSnapshot, MountAs, NewFile, RetryPolicy, Step};
use crate::volumes::physical;
use crate::world::World;

/// The rules that an installation's plan breaks on this machine.
pub fn violations(plan: &Plan, world: &World) -> Vec<Violation> {
    let mut reader = Reader::default();
    reader.targets(plan, world);
    if plan.operation == Operation::Rebuild {
        reader.found_data(plan, world);
    }
    for (number, step) in plan.steps.iter().enumerate() {
        reader.findings.step = Some(number);
        reader.order(number, step, plan);
        if plan.operation == Operation::Rebuild {
            reader.spares_data(step);
        }
        reader.step(step, plan);
        reader.retry(number, step, plan);
    }
    reader.findings.step = None;
    reader.nothing_mounted();
    let ends = reader.verified && reader.bootable;
    reader.findings.require(ends, || Finding::NotBootableLast);
    reader.findings.all
}

#[derive(Default)]
struct Reader {
    findings: Findings,
    space: Space,
    formatted: HashSet<Device>,
    mounts: Mounts,
    /// What the factory snapshot is of, once it is taken.
    snapshot_of: Option<VolumeName>,
    golden: bool,
    verified: bool,
    bootable: bool,
    /// Volumes with data that must stay.
    data: BTreeSet<VolumeName>,
}

impl Reader {
    fn targets(&mut self, plan: &Plan, world: &World) {
        for role in Role::ALL {
            let identity = plan.disks.of(role);
            for disk in world.disks.iter().filter(|disk| disk.identity == *identity) {
                let name = || disk.name.clone();
                let medium = disk.holds(&world.medium);
                self.findings.require(!medium, || Finding::MediumIsTarget(name()));
                let free = !disk.read_only && disk.in_use.is_empty() && disk.unreadable.is_none();
                self.findings.require(free, || Finding::TargetNotFree(name()));
            }
        }
        self.findings.require(plan.disks.ssd != plan.disks.hdd, || Finding::OneDiskTwice);
    }

    /// What is there before a rebuild begins: the HDD's physical volume with data on it.
    fn found_data(&mut self, plan: &Plan, world: &World) {
        let hdd = world.disks.iter().find(|disk| disk.identity == plan.disks.hdd);
        let part = hdd.and_then(|disk| disk.partitions.iter().find(|part| part.number == 1));
        let group = world.groups.iter().find(|group| {
            group.name == plan.group && hdd.is_some_and(|disk| group.disks.contains(&disk.name))
        });
        let (Some(part), Some(group)) = (part, group) else {
            self.findings.require(false, || Finding::DataMissing);
            return;
        };
        let goes = |name: &VolumeName| {
            let removes =
                |step: &Step| matches!(step, Step::RemoveVolume(it) if it.volume == *name);
            plan.steps.iter().any(removes)
        };
        let mut taken = 0u64;
        for volume in group.volumes.iter().filter(|volume| !goes(&volume.name)) {
            // The group is reduced to the HDD: a volume that needs another disk would be removed.
            let within = hdd.is_some_and(|disk| volume.disks.iter().all(|on| *on == disk.name));
            let stays = within && !volume.partial;
            self.findings.require(stays, || Finding::DataLost("reduce-group"));
            taken = taken.saturating_add(volume.size.0);
            self.space.add_volume(&volume.name, volume.size);
            self.formatted.insert(Device::Volume(plan.group.clone(), volume.name.clone()));
            self.data.insert(volume.name.clone());
        }
        self.space.found(part.size, taken);
    }

    /// The disks are erased first, and the SSD becomes bootable last.
    fn order(&mut self, number: usize, step: &Step, plan: &Plan) {
        let erases = matches!(step, Step::EraseDisk(_));
        let disks = if plan.operation == Operation::Rebuild { 1 } else { 2 };
        let in_order = erases == (number < disks);
        self.findings.require(in_order, || Finding::NotErasedFirst(step.name()));
        let last = number + 1 == plan.steps.len();
        let bootable = matches!(step, Step::MakeBootable(it) if it.disk == Role::Ssd);
        self.findings.require(bootable == last, || Finding::NotBootableLast);
    }

    /// A step that is redone from another one finds that before it.
    fn retry(&mut self, number: usize, step: &Step, plan: &Plan) {
        match step.retry() {
            RetryPolicy::After(ground) => {
                let there = plan.steps[..number].iter().any(|earlier| earlier.name() == ground);
                let step = step.name();
                self.findings.require(there, || Finding::RetryImpossible { step, ground });
            }
            RetryPolicy::Repeat | RetryPolicy::Probe => {}
        }
    }

    /// No step of a rebuild loses data which is to stay.
    fn spares_data(&mut self, step: &Step) {
        let kept = |volume: &VolumeName| self.data.contains(volume);
        let lost = match Effect::of(step).kind {
            Kind::EraseDisk(disk) => disk == Role::Hdd,
            Kind::PartitionDisk(it) => it.disk == Role::Hdd,
            Kind::CreatePhysicalVolume(it) => match &it.device {
                Device::Partition(role, _) => *role == Role::Hdd,
                Device::Volume(..) | Device::FactoryView(_) | Device::Golden => false,
            },
            Kind::CreateVolumeGroup(_) => true,
            Kind::CreateFilesystem(it) => match &it.device {
                Device::Volume(_, volume) => kept(volume),
                Device::Partition(..) | Device::FactoryView(_) | Device::Golden => false,
            },
            Kind::CreateVolume(it) => kept(&it.volume),
            Kind::RemoveVolume(volume) => kept(volume) || is_data(volume.as_str()),
            Kind::ReduceGroup(it) => {
                let has_data = |volume: &VolumeName| kept(volume) || is_data(volume.as_str());
                !it.keeps.contains(&physical(Role::Hdd)) || it.loses.iter().any(has_data)
            }
            // The reader of steps refuses those of an installed appliance.
            Kind::Installed(_)
            | Kind::ExtendGroup(_)
            | Kind::CreateSnapshot(_)
            | Kind::Mount(_)
            | Kind::Unmount(_)
            | Kind::OpenGolden
            | Kind::CloseGolden
            | Kind::Unpack(_)
            | Kind::WriteFiles(_)
            | Kind::WriteBelow(_)
            | Kind::VerifySystem { .. }
            | Kind::WriteBootLoader(_)
            | Kind::MakeBootable
            | Kind::Other => false,
        };
        self.findings.require(!lost, || Finding::DataLost(step.name()));
    }

    // One arm for each kind.
    #[allow(clippy::too_many_lines)]
    fn step(&mut self, step: &Step, plan: &Plan) {
        let Self { space, findings, .. } = self;
        match Effect::of(step).kind {
            Kind::PartitionDisk(it) => space.part(it.disk, &it.table.partitions, plan, findings),
            Kind::CreatePhysicalVolume(it) => space.prepare(&it.device, findings),
            Kind::CreateVolumeGroup(it) => {
                it.devices.iter().for_each(|device| space.join(device, findings));
            }
            Kind::ExtendGroup(device) => space.join(device, findings),
            Kind::CreateVolume(it) => {
                space.take(&it.on, it.size, findings);
                space.add_volume(&it.volume, it.size);
            }
            Kind::CreateSnapshot(it) => self.snapshot(it, plan),
            Kind::CreateFilesystem(it) => {
                space.made(&it.device, findings);
                self.writes(&it.device, step.name());
                self.formatted.insert(it.device.clone());
            }
            Kind::Mount(it) => {
                self.mount(&it.device, &it.at);
                match it.kind {
                    MountAs::Ext4 => self.writes(&it.device, step.name()),
                    MountAs::Ext4Frozen => {}
                }
            }
            Kind::Unmount(at) => {
                let in_turn = self.mounts.pop(at);
                findings.require(in_turn, || Finding::NotUnmountedInTurn(at.to_owned()));
            }
            Kind::OpenGolden => self.golden = true,
            Kind::CloseGolden => self.golden = false,
            Kind::Unpack(to) => {
                findings.require(self.golden, || Finding::GoldenClosed);
                self.inside(to);
            }
            Kind::WriteFiles(it) => it.files.iter().for_each(|file| self.file(&it.at, file)),
            Kind::WriteBelow(directories) => directories.iter().for_each(|at| self.inside(at)),
            Kind::VerifySystem { root, .. } => {
                let taken = self.snapshot_of.is_some();
                findings.require(taken, || Finding::NotVerified(step.name()));
                self.inside(root);
                self.verified = true;
            }
            Kind::WriteBootLoader(disk) => {
                space.made(&Device::Partition(disk, 1), findings);
                space.made(&Device::Partition(disk, 2), findings);
            }
            Kind::MakeBootable => {
                findings.require(self.verified, || Finding::NotVerified(step.name()));
                self.nothing_mounted();
                self.bootable = true;
            }
            Kind::Installed(_) => findings.require(false, || Finding::ForeignStep(step.name())),
            Kind::EraseDisk(_) | Kind::ReduceGroup(_) | Kind::RemoveVolume(_) | Kind::Other => {}
        }
    }

    /// The snapshot is of a root that is at rest, and its store can't overflow.
    fn snapshot(&mut self, step: &CreateSnapshot, plan: &Plan) {
        let CreateSnapshot { origin, snapshot, chunk, size, on, .. } = step;
        let Self { space, findings, .. } = self;
        space.take(on, *size, findings);
        let root = space.size_of(origin);
        let device = |volume: &VolumeName| Device::Volume(plan.group.clone(), volume.clone());
        let made = root.0 > 0 && chunk.0 > 0;
        findings.require(made, || Finding::UsedBeforeMade(device(origin)));
        let needs = least_store(root, *chunk);
        let (snapshot, has) = (snapshot.clone(), *size);
        space.add_volume(&snapshot, zshield_units::Bytes::ZERO);
        self.formatted.insert(device(&snapshot));
        findings.require(has >= needs, || Finding::SnapshotTooSmall { snapshot, has, needs });
        let rests = !self.mounts.has_volume(origin.as_str());
        findings.require(rests, || Finding::RootNotAtRest("create-snapshot"));
        self.snapshot_of = Some(origin.clone());
    }

    /// Root is not written after its snapshot.
    fn writes(&mut self, device: &Device, step: &'static str) {
        let origin = self.snapshot_of.as_ref();
        let rests = !origin.is_some_and(|origin| is_volume(device, origin.as_str()));
        self.findings.require(rests, || Finding::RootNotAtRest(step));
    }

    fn mount(&mut self, device: &Device, at: &str) {
        let there = *device == Device::Golden || self.formatted.contains(device);
        self.findings.require(there, || Finding::UsedBeforeMade(device.clone()));
        self.findings.require(is_plain(at), || Finding::PathOutside(at.to_owned()));
        self.mounts.push(device, at);
    }

    fn nothing_mounted(&mut self) {
        let left = self.mounts.left().map(str::to_owned);
        self.findings
            .require(left.is_none(), || Finding::NotUnmountedInTurn(left.unwrap_or_default()));
    }

    fn inside(&mut self, path: &str) {
        let inside = self.mounts.contain(path);
        self.findings.require(inside, || Finding::PathOutside(path.to_owned()));
    }

    fn file(&mut self, at: &str, file: &NewFile) {
        self.inside(&format!("{at}/{}", file.path));
        if file.path == "etc/fstab" {
            let mut lines = file.content.lines();
            let root = lines.find(|line| line.split_whitespace().nth(1) == Some("/"));
            let by_path = root.is_some_and(|line| line.starts_with("/dev/"));
            // What the vendor mounts elsewhere may go by any name.
            let is_labelled = |line: &str| {
                let place = line.split_whitespace().nth(1).unwrap_or_default();
                line.starts_with("LABEL=")
                    && self.mounts.at(&format!("{at}{place}")).next().is_some()
            };
            let by_path = by_path && !file.content.lines().any(is_labelled);
            self.findings.require(by_path, || Finding::FstabNotByPath);
        }
    }
}
