//! The rules of a plan for an installed appliance: a backup's or a recovery's.

use std::collections::BTreeMap;

use zshield_units::Bytes;

use super::effect::{Effect, Installed, Kind};
use super::finding::{Finding, Findings, Violation};
use super::mounts::{Mounts, is_plain, is_volume, volume_of};
use super::space::least_store;
use super::touched::{is_data, loses_data};
use crate::appliance::{Appliance, BootFilesystem};
use crate::model::{Device, SnapshotState};
use crate::plan::{Operation, Plan};
use crate::policy::VolumeName;
use crate::role::Role;
use crate::step::{
    CreateSnapshot, NoteOnly, RenameVolume, RepairFiles, Step, VerifyFiles, WriteLedger,
};
use crate::volumes::{BOOT, FACTORY, LATEST, NEXT, OLD, ROOT};

/// The rules that a plan breaks on this appliance.
pub fn of_running(plan: &Plan, appliance: &Appliance) -> Vec<Violation> {
    let mut reader = Reader::new(plan, appliance);
    let had_latest = reader.latest();
    for (number, step) in plan.steps.iter().enumerate() {
        reader.findings.step = Some(number);
        reader.spares_data(step);
        reader.is_armed(step);
        reader.keeps_identity(step, plan);
        reader.step(step, plan);
        let latest = !had_latest || reader.latest();
        reader.findings.require(latest, || Finding::LatestLost);
    }
    reader.end()
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
    findings: Findings,
    snapshots: BTreeMap<VolumeName, Snapshot>,
    root: Bytes,
    mounts: Mounts,
    recovers: bool,
    /// Whether a latest backup is there at the end, whatever was there before.
    makes_latest: bool,
    armed: bool,
    verified: bool,
    unpacks: bool,
    /// Whether what is gone back to was looked through.
    checked: bool,
    /// Whether `/boot` has a filesystem that could be told of the recovery.
    boot: BootFilesystem,
    /// Whether the disk below user and audit data is a member of the group.
    data_is_here: bool,
    /// What was repaired last.
    repaired: Option<RepairFiles>,
    /// The files of what had begun; none where that was about all of the system.
    begun: Option<Vec<String>>,
}

impl Reader {
    fn new(plan: &Plan, appliance: &Appliance) -> Self {
        let known = |state: &SnapshotState| match state {
            SnapshotState::Valid { .. } if !appliance.is_stale() => Snapshot::Sound,
            SnapshotState::Valid { .. } | SnapshotState::Store { .. } | SnapshotState::Invalid => {
                Snapshot::Useless
            }
        };
        let snapshots = appliance.snapshots.iter();
        let snapshots = snapshots.map(|(name, snapshot)| (name, known(&snapshot.state)));
        let unreadable = appliance.unreadable.iter().map(|name| (name, Snapshot::Useless));
        let snapshots = snapshots.chain(unreadable);
        let (recovers, makes_latest) = match plan.operation {
            Operation::Recover(_) => (true, false),
            Operation::Backup | Operation::Install | Operation::Rebuild => (false, true),
        };
        Self {
            findings: Findings::default(),
            snapshots: snapshots.map(|(name, known)| (name.clone(), known)).collect(),
            root: appliance.root().unwrap_or(Bytes::ZERO),
            mounts: Mounts::default(),
            recovers,
            makes_latest,
            armed: false,
            verified: false,
            unpacks: false,
            checked: false,
            boot: appliance.boot,
            data_is_here: appliance.members.contains(&Role::Hdd),
            repaired: None,
            begun: appliance.begun.map(|_| {
                let files = appliance.begun_with().map(|files| files.only.clone());
                files.unwrap_or_default()
            }),
        }
    }

    /// What must hold at the end.
    fn end(mut self) -> Vec<Violation> {
        self.findings.step = None;
        let left = self.mounts.left().map(str::to_owned);
        let (unmounted, left) = (left.is_none(), left.unwrap_or_default());
        self.findings.require(unmounted, || Finding::NotUnmountedInTurn(left));
        self.findings.require(!self.armed, || Finding::StillArmed);
        let latest = !self.makes_latest || self.latest();
        self.findings.require(latest, || Finding::LatestLost);
        let factory = !self.recovers || self.sound(FACTORY) || !self.unpacks;
        self.findings.require(factory, || Finding::FactoryLost);
        self.findings.all
    }

    fn known(&self, name: &str) -> Option<Snapshot> {
        self.snapshots.iter().find(|(known, _)| known.as_str() == name).map(|(_, known)| *known)
    }

    fn sound(&self, name: &str) -> bool {
        self.known(name) == Some(Snapshot::Sound)
    }

    /// Whether a cut here would leave a backup that can be gone back to, under a name by which it
    /// is found.
    fn latest(&self) -> bool {
        let there = |name: &str| self.known(name).is_some();
        match (there(LATEST), there(OLD), there(NEXT)) {
            (true, ..) => self.sound(LATEST),
            (false, true, true) => self.sound(NEXT),
            (false, true, false) => self.sound(OLD),
            (false, false, _) => false,
        }
    }

    /// No step writes customer data, or a disk below it.
    fn spares_data(&mut self, step: &Step) {
        let spared = self.remakes_boot(step) || !loses_data(step);
        self.findings.require(spared, || Finding::DataLost(step.name()));
    }

    /// Later starts look for the disks that the ledger names.
    fn keeps_identity(&mut self, step: &Step, plan: &Plan) {
        let Step::WriteLedger(WriteLedger { ledger, .. }) = step else { return };
        let written = (&ledger.version, &ledger.image, &ledger.disks);
        let same = written == (&plan.version, &plan.image, &plan.disks);
        self.findings.require(same, || Finding::LedgerOfOthers);
    }

    /// Whether a step makes the filesystem of `/boot` in place of one that is destroyed. Later than the
    /// recovery is armed it would take the word away that it goes on by.
    fn remakes_boot(&self, step: &Step) -> bool {
        let is_boot = matches!(step, Step::CreateFilesystem(it) if it.device == BOOT);
        let destroyed = match self.boot {
            BootFilesystem::Mountable => false,
            BootFilesystem::Destroyed => true,
        };
        is_boot && destroyed && self.recovers && !self.armed
    }

    /// A recovery is armed before it writes the system.
    fn is_armed(&mut self, step: &Step) {
        // What nobody can go back to only keeps a start from what it needs.
        let useless = matches!(step, Step::RemoveVolume(it)
            if self.known(it.volume.as_str()) == Some(Snapshot::Useless));
        let writes_system = Effect::of(step).writes_system;
        let may = useless || self.remakes_boot(step);
        let armed = self.armed || may || !writes_system || !self.recovers;
        self.findings.require(armed, || Finding::NotArmed(step.name()));
    }

    // One arm for each kind.
    #[allow(clippy::too_many_lines)]
    fn step(&mut self, step: &Step, plan: &Plan) {
        match Effect::of(step).kind {
            Kind::Installed(Installed::CheckSnapshot(snapshot)) => {
                self.relies_on(snapshot);
                self.checked = true;
            }
            Kind::Installed(Installed::Arm) => {
                let needed = plan.steps.iter().any(|step| matches!(step, Step::CopyBack(_)));
                let checked = self.checked || !needed;
                self.findings.require(checked, || Finding::ArmedUnchecked);
                self.armed = true;
            }
            Kind::Installed(Installed::Disarm) => {
                self.findings.require(self.verified, || Finding::NotVerified(step.name()));
                self.armed = false;
            }
            Kind::RemoveVolume(volume) => {
                let name = volume.as_str();
                self.findings.require(name != ROOT, || Finding::RootRemoved);
                let spared = name != FACTORY || !self.sound(FACTORY);
                self.findings.require(spared, || Finding::FactoryLost);
                self.snapshots.remove(volume);
            }
            Kind::Installed(Installed::RenameVolume(it)) => self.rename(it),
            Kind::CreateSnapshot(it) => self.snapshot(it),
            Kind::Installed(Installed::VerifyBackup(snapshot))
            | Kind::VerifySystem { snapshot, .. } => {
                let there = self.snapshots.insert(snapshot.clone(), Snapshot::Sound).is_some();
                self.findings.require(there, || Finding::SnapshotUnusable(snapshot.clone()));
                self.verified = true;
            }
            Kind::Installed(Installed::CopyBack(snapshot)) => {
                self.relies_on(snapshot);
                self.at_rest(step.name());
            }
            Kind::Installed(Installed::VerifyCopy) => self.verified = true,
            Kind::Installed(Installed::RepairFiles(it)) => self.repair(it, step.name()),
            Kind::Installed(Installed::VerifyFiles(it)) => self.verify_repair(it),
            Kind::Installed(Installed::NoteOnly(it)) => self.note_only(it),
            Kind::Installed(Installed::ForgetOnly) => {
                self.findings.require(!self.armed, || Finding::ScopeChanged(Vec::new()));
            }
            Kind::CreateFilesystem(_) if self.remakes_boot(step) => {}
            Kind::CreateFilesystem(it) => self.formats(&it.device, plan, step.name()),
            Kind::CreateVolume(it) => {
                if it.volume.as_str() == ROOT {
                    self.root = it.size;
                }
            }
            // It removes whatever lies on a disk that is no member.
            Kind::ReduceGroup => {
                self.findings.require(self.data_is_here, || Finding::DataLost(step.name()));
            }
            Kind::Unpack(_) => self.unpacks = true,
            Kind::Mount(it) => {
                self.findings.require(is_plain(&it.at), || Finding::PathOutside(it.at.clone()));
                self.mounts.push(&it.device, &it.at);
            }
            Kind::Unmount(at) => {
                let in_turn = self.mounts.pop(at);
                self.findings.require(in_turn, || Finding::NotUnmountedInTurn(at.to_owned()));
            }
            Kind::CreatePhysicalVolume(it) => self.prepare(&it.device, plan, step.name()),
            // Nothing of it is about what is kept, or it is refused as a loss of data.
            Kind::EraseDisk(_)
            | Kind::PartitionDisk(_)
            | Kind::CreateVolumeGroup(_)
            | Kind::ExtendGroup(_)
            | Kind::OpenGolden
            | Kind::CloseGolden
            | Kind::WriteFiles(_)
            | Kind::WriteBelow(_)
            | Kind::WriteBootLoader(_)
            | Kind::MakeBootable
            | Kind::Installed(Installed::Other)
            | Kind::Other => {}
        }
    }

    fn relies_on(&mut self, snapshot: &VolumeName) {
        let sound = self.sound(snapshot.as_str());
        self.findings.require(sound, || Finding::SnapshotUnusable(snapshot.clone()));
    }

    fn rename(&mut self, step: &RenameVolume) {
        let RenameVolume { from, to, .. } = step;
        let known = self.snapshots.remove(from);
        let possible = known.is_some() && !self.snapshots.contains_key(to);
        let (from, to) = (from.clone(), to.clone());
        let name = to.clone();
        self.findings.require(possible, || Finding::RenameImpossible { from, to });
        let verified = !is_way_back(&name) || known == Some(Snapshot::Sound);
        self.findings.require(verified, || Finding::NamedUnverified(name.clone()));
        self.snapshots.extend(known.map(|known| (name, known)));
    }

    fn snapshot(&mut self, step: &CreateSnapshot) {
        let CreateSnapshot { snapshot, chunk, size, .. } = step;
        let (has, needs) = (*size, least_store(self.root, *chunk));
        let enough = self.root == Bytes::ZERO || has >= needs;
        let name = || snapshot.clone();
        self.findings.require(enough, || Finding::SnapshotTooSmall {
            snapshot: name(),
            has,
            needs,
        });
        self.findings.require(!is_way_back(snapshot), || Finding::NamedUnverified(name()));
        self.snapshots.insert(name(), Snapshot::Unproved);
    }

    fn repair(&mut self, step: &RepairFiles, name: &'static str) {
        let RepairFiles { from, to, .. } = step;
        let sound = |device: &&Device| volume_of(device).is_some_and(|name| self.sound(name));
        let one = self.mounts.at(from).filter(sound).count() == 1;
        self.findings.require(one, || Finding::RepairedFromElsewhere(from.clone()));
        let lost = self.mounts.at(to).filter_map(volume_of).any(is_data);
        self.findings.require(!lost, || Finding::DataLost(name));
        (self.verified, self.repaired) = (false, Some(step.clone()));
    }

    fn verify_repair(&mut self, step: &VerifyFiles) {
        let VerifyFiles { from, to, files } = step;
        let same = |it: &RepairFiles| it.from == *from && it.to == *to && it.files == *files;
        self.verified = self.repaired.as_ref().is_some_and(same);
        self.findings.require(self.verified, || Finding::RepairNotVerified(to.clone()));
    }

    /// What has begun must not become a recovery of more, or of less, than was asked for.
    fn note_only(&mut self, step: &NoteOnly) {
        let paths = &step.only.files.only;
        let left_out = self.begun.iter().flatten().any(|path| !paths.contains(path));
        let all = self.begun.as_ref().is_some_and(Vec::is_empty);
        let same = !self.armed && !left_out && !all;
        self.findings.require(same, || Finding::ScopeChanged(paths.clone()));
    }

    /// Nothing is formatted but what this plan makes, and root where it is recovered.
    fn formats(&mut self, device: &Device, plan: &Plan, step: &'static str) {
        let volume = volume_of(device);
        if volume.is_some_and(|name| self.known(name) == Some(Snapshot::Unproved)) {
            return;
        }
        let made = plan.steps.iter().any(
            |step| matches!(step, Step::CreateVolume(it) if is_volume(device, it.volume.as_str())),
        );
        let spared = (volume == Some(ROOT) && self.recovers) || made;
        self.findings.require(spared, || Finding::DataLost(step));
        self.at_rest(step);
    }

    /// A physical volume is made only where no volume group has it: then nothing on it could be
    /// read.
    fn prepare(&mut self, device: &Device, plan: &Plan, step: &'static str) {
        let hdd = match device {
            Device::Partition(role, _) => *role == Role::Hdd,
            Device::Volume(..) | Device::FactoryView(_) | Device::Golden => false,
        };
        let joins = |step: &Step| matches!(step, Step::ExtendGroup(_) | Step::CreateVolumeGroup(_));
        let spared = plan.steps.iter().any(joins) && (self.unpacks || !hdd || self.recovers);
        self.findings.require(spared, || Finding::DataLost(step));
    }

    /// Root itself is not mounted.
    fn at_rest(&mut self, step: &'static str) {
        let rests = !self.mounts.has_volume(ROOT);
        self.findings.require(rests, || Finding::RootNotAtRest(step));
    }
}

/// Whether a snapshot of this name is one that people go back to.
fn is_way_back(snapshot: &VolumeName) -> bool {
    [LATEST, FACTORY].contains(&snapshot.as_str())
}
