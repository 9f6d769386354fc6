//! The rules of a plan for an installed appliance.

mod remakes;
mod repair;

use zshield_units::Bytes;

use super::effect::{Effect, Installed, Kind};
use super::finding::{Finding, Findings, Violation};
use super::golden::Golden;
use super::mounts::{Mounts, is_plain, is_view, is_volume, volume_of};
use super::snapshots::{Proof, Snapshots};
use super::space::least_store;
use super::touched::{is_data, loses_data, touches_way_back};
use super::vault::NewVault;
use crate::appliance::{Appliance, BootFilesystem};
use crate::model::{Device, FACTORY_VIEW, Target};
use crate::plan::{Operation, Plan};
use crate::policy::VolumeName;
use crate::role::Role;
use crate::step::{
    CreateSnapshot, Mount, MountAs, Named as _, ReduceGroup, RenameVolume, RepairFiles, Step,
    WriteLedger,
};
use crate::volumes::{FACTORY, FACTORY_NEXT, GOLDEN, LATEST, ROOT, physical};

/// The rules that a plan breaks on this appliance.
pub fn of_running(plan: &Plan, appliance: &Appliance) -> Vec<Violation> {
    let mut reader = Reader::new(plan, appliance);
    let had_latest = reader.snapshots.latest();
    for (number, step) in plan.steps.iter().enumerate() {
        reader.findings.step = Some(number);
        reader.spares_data(step);
        reader.is_armed(step);
        reader.keeps_way_back(step);
        reader.keeps_identity(step, plan);
        let had_factory = reader.snapshots.factory();
        reader.vault.step(step, &mut reader.findings);
        reader.step(step, plan);
        let latest = !had_latest || reader.snapshots.latest();
        reader.findings.require(latest, || Finding::LatestLost);
        let factory = !had_factory || reader.snapshots.factory() || reader.factory_follows();
        reader.findings.require(factory, || Finding::FactoryLost);
    }
    reader.end()
}

// What a reader has to remember is whether this or that has been seen.
#[allow(clippy::struct_excessive_bools)]
struct Reader {
    findings: Findings,
    snapshots: Snapshots,
    root: Bytes,
    mounts: Mounts,
    recovers: bool,
    /// Whether nothing of the system is written before GRUB goes on with a recovery.
    must_arm: bool,
    /// Whether a new version is put in the place of the system.
    upgrades: bool,
    /// Whether a latest backup is there at the end, whatever was there before.
    makes_latest: bool,
    /// Whether it is noted that an upgrade is applied.
    noted: bool,
    armed: bool,
    verified: bool,
    unpacks: bool,
    /// Whether what is gone back to was looked through.
    checked: bool,
    /// Whether the ledger says what the system is now.
    ledger_written: bool,
    /// Whether `/boot` has a filesystem that could be told of the recovery.
    boot: BootFilesystem,
    /// Whether the disk below user and audit data is a member of the group, and no part of them is
    /// elsewhere.
    data_is_here: bool,
    /// What was repaired last.
    repaired: Option<RepairFiles>,
    /// The files of what had begun; none where that was about all of the system.
    begun: Option<Vec<String>>,
    /// What becomes of the Golden Image.
    golden: Golden,
    /// Where a generation of the vault is mounted.
    generation: Option<String>,
    /// What becomes of the vault.
    vault: NewVault,
}

impl Reader {
    fn new(plan: &Plan, appliance: &Appliance) -> Self {
        let (recovers, upgrades, makes_latest) = match plan.operation {
            Operation::Recover(_) => (true, false, false),
            Operation::Upgrade => (false, true, false),
            Operation::Settle | Operation::VaultInit | Operation::Repair => (false, false, false),
            Operation::Backup | Operation::Install | Operation::Rebuild => (false, false, true),
        };
        Self {
            findings: Findings::default(),
            snapshots: Snapshots::found(appliance, recovers),
            root: appliance.root().unwrap_or(Bytes::ZERO),
            mounts: Mounts::default(),
            recovers,
            must_arm: recovers || upgrades,
            upgrades,
            makes_latest,
            noted: false,
            armed: false,
            verified: false,
            unpacks: false,
            checked: false,
            ledger_written: false,
            boot: appliance.boot,
            data_is_here: appliance.members.contains(&Role::Hdd)
                && !appliance.partial_volumes.iter().any(|volume| is_data(volume)),
            repaired: None,
            begun: appliance.begun.map(|_| {
                let files = appliance.begun_with().map(|files| files.only.clone());
                files.unwrap_or_default()
            }),
            golden: Golden::of(plan, appliance),
            generation: None,
            vault: NewVault::found(appliance),
        }
    }

    /// Whether the factory state is the new one's from now on: as a proved snapshot, which has only to get its name,
    /// and as the Golden Image itself.
    fn factory_follows(&self) -> bool {
        self.golden == Golden::Follows && self.snapshots.proof(FACTORY_NEXT) == Some(Proof::Sound)
    }

    /// What must hold at the end.
    fn end(mut self) -> Vec<Violation> {
        self.findings.step = None;
        let left = self.mounts.left().map(str::to_owned).or_else(|| self.generation.take());
        let (unmounted, left) = (left.is_none(), left.unwrap_or_default());
        self.findings.require(unmounted, || Finding::NotUnmountedInTurn(left));
        self.findings.require(!self.armed, || Finding::StillArmed);
        let latest = !self.makes_latest || self.snapshots.latest();
        self.findings.require(latest, || Finding::LatestLost);
        let factory = !self.recovers || self.snapshots.factory() || !self.unpacks;
        self.findings.require(factory, || Finding::FactoryLost);
        self.findings.all
    }

    /// No step writes customer data, or a disk below it.
    fn spares_data(&mut self, step: &Step) {
        let spared = self.remakes_boot(step) || self.remakes_golden(step) || !loses_data(step);
        self.findings.require(spared, || Finding::DataLost(step.name()));
    }

    /// Later starts look for the disks that the ledger names.
    fn keeps_identity(&mut self, step: &Step, plan: &Plan) {
        let Step::WriteLedger(WriteLedger { ledger, .. }) = step else { return };
        let written = (&ledger.version, &ledger.image, &ledger.disks);
        let same = written == (&plan.version, &plan.image, &plan.disks);
        self.findings.require(same, || Finding::LedgerOfOthers);
        self.ledger_written = true;
    }

    /// A recovery is armed before it writes the system.
    fn is_armed(&mut self, step: &Step) {
        // What nobody can go back to only keeps a start from what it needs.
        let useless = matches!(step, Step::RemoveVolume(it)
            if self.snapshots.proof(it.volume.as_str()) == Some(Proof::Useless));
        let writes_system = Effect::of(step).writes_system;
        let may = useless || self.remakes_boot(step);
        let armed = self.armed || may || !writes_system || !self.must_arm;
        self.findings.require(armed, || Finding::NotArmed(step.name()));
    }

    /// What an upgrade goes back to stays as it is, and it is armed to go back to that alone.
    fn keeps_way_back(&mut self, step: &Step) {
        let to_latest = !matches!(step, Step::Arm(it) if it.target != Target::Latest);
        let may = self.noted && to_latest && self.snapshots.latest();
        let armed_for_latest = !matches!(step, Step::Arm(_)) || may;
        let keeps = armed_for_latest && !touches_way_back(step);
        self.findings.require(!self.upgrades || keeps, || Finding::WayBackTouched(step.name()));
    }

    // One arm for each kind.
    #[allow(clippy::too_many_lines)]
    fn step(&mut self, step: &Step, plan: &Plan) {
        match Effect::of(step).kind {
            Kind::Installed(Installed::CheckSnapshot(it)) => {
                self.relies_on(&it.snapshot, it.over.as_ref());
                self.checked = true;
            }
            Kind::Installed(Installed::Arm) => {
                let needed = repair::must_be_checked(plan);
                let checked = self.checked || !needed;
                self.findings.require(checked, || Finding::ArmedUnchecked);
                self.armed = true;
            }
            Kind::Installed(Installed::Disarm) => {
                // A repair makes an environment in which nothing has begun, where none can be read.
                let may = self.verified || self.repairs();
                self.findings.require(may, || Finding::NotVerified(step.name()));
                self.armed = false;
            }
            Kind::RemoveVolume(volume) => {
                let name = volume.as_str();
                self.findings.require(name != ROOT, || Finding::RootRemoved);
                self.is_free(volume);
                self.snapshots.remove(volume);
            }
            Kind::Installed(Installed::RenameVolume(it)) if NewVault::names(it) => {}
            Kind::Installed(Installed::RenameVolume(it)) => self.rename(it),
            Kind::CreateSnapshot(it) => self.snapshot(it),
            Kind::Installed(Installed::VerifyBackup(snapshot))
            | Kind::VerifySystem { snapshot, .. } => {
                let there = self.snapshots.prove(snapshot);
                self.findings.require(there, || Finding::SnapshotUnusable(snapshot.clone()));
                self.verified = true;
            }
            Kind::Installed(Installed::CopyBack(it)) => {
                self.relies_on(&it.snapshot, it.over.as_ref());
                self.at_rest(step.name());
            }
            Kind::Installed(Installed::VerifyCopy | Installed::ProveUpgrade) => {
                self.verified = true;
            }
            Kind::Installed(Installed::RepairFiles(it)) => self.repair(it, step.name()),
            Kind::Installed(Installed::VerifyFiles(it)) => self.verify_repair(it),
            Kind::Installed(Installed::NoteOnly(it)) => self.note_only(it),
            Kind::Installed(Installed::ForgetOnly) => {
                self.findings.require(!self.armed, || Finding::ScopeChanged(Vec::new()));
            }
            Kind::Installed(Installed::DetachFactory(it)) => {
                let may = self.snapshots.detach(it);
                self.findings.require(may, || Finding::SnapshotUnusable(it.snapshot.clone()));
            }
            Kind::Installed(Installed::FoldStore(it)) => {
                let may = self.snapshots.fold(it);
                self.findings.require(may, || Finding::SnapshotUnusable(it.store.clone()));
            }
            Kind::Installed(Installed::OpenFactory(it)) => {
                self.relies_on(&it.store, Some(&it.over));
                self.mounts.push(&Device::FactoryView(it.group.clone()), FACTORY_VIEW);
            }
            Kind::Installed(Installed::OpenGeneration(it)) => {
                self.findings.require(is_plain(&it.at), || Finding::PathOutside(it.at.clone()));
                self.generation = Some(it.at.clone());
            }
            Kind::Installed(Installed::CloseGeneration(at)) => {
                let open = self.generation.take().is_some_and(|open| open == at);
                self.findings.require(open, || Finding::NotUnmountedInTurn(at.to_owned()));
            }
            Kind::Installed(Installed::CheckGeneration) => self.checked = true,
            Kind::Installed(Installed::CloseFactory) => self.unmount(FACTORY_VIEW),
            Kind::Installed(Installed::NoteUpgrade) => self.noted = true,
            Kind::Installed(Installed::PutUpgrade) => self.verified = false,
            Kind::Installed(Installed::BeginTrial) => {
                let all = self.verified && self.armed && self.ledger_written;
                self.findings.require(all, || Finding::NotVerified(step.name()));
                self.armed = false;
            }
            Kind::Installed(Installed::BuildSlot(it)) => {
                let may = self.golden == Golden::Builds && it.to != it.from;
                let inside = self.mounts.at(&it.at).any(|device| *device == GOLDEN);
                self.findings.require(may && inside, || Finding::GoldenWritten(step.name()));
            }
            Kind::Installed(Installed::SwitchSlot(it)) => {
                let may = self.golden == Golden::Follows && it.image == plan.image;
                let inside = self.mounts.at(&it.at).any(|device| *device == GOLDEN);
                self.findings.require(may && inside, || Finding::GoldenWritten(step.name()));
            }
            Kind::Installed(Installed::RenewBootLoader) => {
                let may = matches!(self.golden, Golden::Follows | Golden::Mended);
                self.findings.require(may, || Finding::GoldenWritten(step.name()));
            }
            Kind::Installed(Installed::RestoreTable) => {
                self.findings.require(self.repairs(), || Finding::DataLost(step.name()));
            }
            Kind::CreateFilesystem(_) if self.remakes_boot(step) => {}
            Kind::CreateFilesystem(_) if self.remakes_golden(step) => {}
            Kind::CreateFilesystem(it) => self.formats(&it.device, plan, step.name()),
            Kind::CreateVolume(it) => {
                if it.volume.as_str() == ROOT {
                    self.root = it.size;
                }
            }
            Kind::ReduceGroup(it) => self.reduce(it, step.name()),
            Kind::Unpack(_) => self.unpacks = true,
            Kind::Mount(it) => self.mount(it),
            Kind::Unmount(at) => self.unmount(at),
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

    fn relies_on(&mut self, snapshot: &VolumeName, over: Option<&VolumeName>) {
        let sound = self.snapshots.sound(snapshot.as_str(), over);
        self.findings.require(sound, || Finding::SnapshotUnusable(snapshot.clone()));
    }

    /// Nobody looks into a volume that goes or is renamed, by the factory view.
    fn is_free(&mut self, volume: &VolumeName) {
        let free = !self.mounts.has_view();
        self.findings.require(free, || Finding::LookedInto(volume.clone()));
    }

    fn mount(&mut self, step: &Mount) {
        let Mount { device, at, .. } = step;
        self.findings.require(is_plain(at), || Finding::PathOutside(at.clone()));
        let writes_golden = *device == GOLDEN && step.kind == MountAs::Ext4;
        let may = !writes_golden || self.golden != Golden::Stays;
        self.findings.require(may, || Finding::GoldenWritten(Mount::NAME));
        let open = !is_view(device) || self.mounts.has_view();
        self.findings.require(open, || Finding::UsedBeforeMade(device.clone()));
        self.mounts.push(device, at);
    }

    fn unmount(&mut self, at: &str) {
        let in_turn = self.mounts.pop(at);
        self.findings.require(in_turn, || Finding::NotUnmountedInTurn(at.to_owned()));
    }

    fn rename(&mut self, step: &RenameVolume) {
        let RenameVolume { from, to, .. } = step;
        self.is_free(from);
        let proved = self.snapshots.proof(from.as_str()) == Some(Proof::Sound);
        let possible = self.snapshots.rename(from, to);
        let (from, to) = (from.clone(), to.clone());
        let name = to.clone();
        self.findings.require(possible, || Finding::RenameImpossible { from, to });
        let verified = !is_way_back(&name) || proved;
        self.findings.require(verified, || Finding::NamedUnverified(name));
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
        self.snapshots.take(name(), *chunk);
    }

    /// It removes whatever has a part on a disk that is no member.
    fn reduce(&mut self, step: &ReduceGroup, name: &'static str) {
        let lost = step.loses.iter().any(|volume| is_data(volume.as_str()));
        let hdd = step.keeps.contains(&physical(Role::Hdd));
        self.findings.require(self.data_is_here && hdd && !lost, || Finding::DataLost(name));
    }

    /// Nothing is formatted but what this plan makes, and root where it is recovered.
    fn formats(&mut self, device: &Device, plan: &Plan, step: &'static str) {
        let volume = volume_of(device);
        if volume.is_some_and(|name| self.snapshots.proof(name) == Some(Proof::Unproved)) {
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
}

/// Whether a snapshot of this name is one that people go back to.
fn is_way_back(snapshot: &VolumeName) -> bool {
    [LATEST, FACTORY].contains(&snapshot.as_str())
}
