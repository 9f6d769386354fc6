//! The effect of each step, as far as the rules are about it: the one list of all steps. A step
//! that is like others joins their kind, and the readers of plans need not know it.

use crate::model::Device;
use crate::policy::VolumeName;
use crate::role::Role;
use crate::step::{
    BuildSlot, CheckSnapshot, CopyBack, CreateFilesystem, CreatePhysicalVolume, CreateSnapshot,
    CreateVolume, CreateVolumeGroup, DetachFactory, FoldStore, Mount, NoteOnly, OpenFactory,
    OpenGeneration, PartitionDisk, ReduceGroup, RenameVolume, RepairFiles, Step, SwitchSlot,
    VerifyFiles, WriteFiles,
};

/// The effect of a step.
pub(super) struct Effect<'a> {
    /// Its kind.
    pub(super) kind: Kind<'a>,
    /// Whether it writes whole disks: only a plan that makes an appliance may have it.
    pub(super) whole_disks: bool,
    /// Whether it writes root, `/boot` or the group.
    pub(super) writes_system: bool,
}

/// The kinds of effects that the rules tell apart.
pub(super) enum Kind<'a> {
    EraseDisk(Role),
    PartitionDisk(&'a PartitionDisk),
    CreatePhysicalVolume(&'a CreatePhysicalVolume),
    CreateVolumeGroup(&'a CreateVolumeGroup),
    ReduceGroup(&'a ReduceGroup),
    /// A physical volume joins the group.
    ExtendGroup(&'a Device),
    CreateVolume(&'a CreateVolume),
    RemoveVolume(&'a VolumeName),
    CreateSnapshot(&'a CreateSnapshot),
    CreateFilesystem(&'a CreateFilesystem),
    Mount(&'a Mount),
    Unmount(&'a str),
    OpenGolden,
    CloseGolden,
    Unpack(&'a str),
    WriteFiles(&'a WriteFiles),
    /// It writes below these directories.
    WriteBelow(Vec<&'a str>),
    /// The system, mounted here, and its snapshot are proved.
    VerifySystem {
        root: &'a str,
        snapshot: &'a VolumeName,
    },
    WriteBootLoader(Role),
    MakeBootable,
    /// It needs what an installation has not made yet.
    Installed(Installed<'a>),
    /// No rule is about it.
    Other,
}

/// The kinds of effects on an installed appliance alone.
pub(super) enum Installed<'a> {
    RenameVolume(&'a RenameVolume),
    /// A snapshot is read through and proved.
    VerifyBackup(&'a VolumeName),
    CheckSnapshot(&'a CheckSnapshot),
    CopyBack(&'a CopyBack),
    VerifyCopy,
    RepairFiles(&'a RepairFiles),
    VerifyFiles(&'a VerifyFiles),
    Arm,
    Disarm,
    NoteOnly(&'a NoteOnly),
    ForgetOnly,
    DetachFactory(&'a DetachFactory),
    FoldStore(&'a FoldStore),
    OpenFactory(&'a OpenFactory),
    CloseFactory,
    OpenGeneration(&'a OpenGeneration),
    CloseGeneration(&'a str),
    /// What is gone back to was looked through.
    CheckGeneration,
    /// An upgrade begins to be applied.
    NoteUpgrade,
    /// A new version's files take their places, or its packages are installed.
    PutUpgrade,
    /// What an upgrade has changed is proved, or looked through and noted.
    ProveUpgrade,
    /// The new version is on trial: the recovery that was armed is taken back.
    BeginTrial,
    /// A slot of the Golden partition is put together anew.
    BuildSlot(&'a BuildSlot),
    /// A slot becomes the active one.
    SwitchSlot(&'a SwitchSlot),
    /// The boot loader becomes that of the image in the active slot.
    RenewBootLoader,
    /// A copy of a partition table is written by the other one.
    RestoreTable,
    /// No rule is about it.
    Other,
}

impl<'a> Effect<'a> {
    /// That of a step.
    // One arm for each kind.
    #[allow(clippy::too_many_lines)]
    pub(super) fn of(step: &'a Step) -> Self {
        use {Installed as I, Kind as K};
        match step {
            Step::EraseDisk(it) => Self::making(K::EraseDisk(it.disk)),
            Step::PartitionDisk(it) => Self::making(K::PartitionDisk(it)),
            Step::CreatePhysicalVolume(it) => Self::any(K::CreatePhysicalVolume(it)),
            Step::CreateVolumeGroup(it) => Self::any(K::CreateVolumeGroup(it)),
            Step::ReduceGroup(it) => Self::any(K::ReduceGroup(it)).on_system(),
            Step::ExtendGroup(it) => Self::any(K::ExtendGroup(&it.device)),
            Step::ActivateVolumes(_) => Self::any(K::Other),
            Step::CreateVolume(it) => Self::any(K::CreateVolume(it)),
            Step::RemoveVolume(it) => Self::any(K::RemoveVolume(&it.volume)).on_system(),
            Step::RenameVolume(it) => Self::installed(I::RenameVolume(it)),
            Step::CreateSnapshot(it) => Self::any(K::CreateSnapshot(it)),
            Step::CreateFilesystem(it) => Self::any(K::CreateFilesystem(it)).on_system(),
            Step::Mount(it) => Self::any(K::Mount(it)),
            Step::Unmount(it) => Self::any(K::Unmount(&it.at)),
            Step::OpenGolden(_) => Self::any(K::OpenGolden),
            Step::CloseGolden(_) => Self::any(K::CloseGolden),
            Step::Unpack(it) => Self::any(K::Unpack(&it.to)).on_system(),
            Step::WriteFiles(it) => Self::any(K::WriteFiles(it)),
            Step::CreateHostKeys(it) => Self::any(K::WriteBelow(vec![&it.root])),
            Step::CopyGolden(it) => Self::making(K::WriteBelow(vec![&it.to])),
            Step::CopyBootFiles(it) => Self::any(K::WriteBelow(vec![&it.to])),
            Step::WriteLedger(it) => Self::any(K::WriteBelow(vec![&it.at])).on_system(),
            Step::OrderRecovery(it) => Self::making(K::WriteBelow(vec![&it.at])),
            Step::WriteRecord(it) => Self::any(K::WriteBelow(vec![&it.at])),
            Step::SaveRelease(it) => Self::any(K::WriteBelow(vec![&it.to])),
            Step::SaveBoot(it) => Self::any(K::WriteBelow(vec![&it.boot, &it.to])),
            Step::VerifyBackup(it) => Self::installed(I::VerifyBackup(&it.snapshot)),
            Step::VerifySystem(it) => {
                Self::any(K::VerifySystem { root: &it.root, snapshot: &it.snapshot })
            }
            Step::CheckSnapshot(it) => Self::installed(I::CheckSnapshot(it)),
            Step::CopyBack(it) => Self::installed(I::CopyBack(it)).on_system(),
            Step::VerifyCopy(_) => Self::installed(I::VerifyCopy),
            Step::RepairFiles(it) => Self::installed(I::RepairFiles(it)).on_system(),
            Step::VerifyFiles(it) => Self::installed(I::VerifyFiles(it)),
            Step::Arm(_) => Self::installed(I::Arm),
            Step::Disarm(_) => Self::installed(I::Disarm),
            Step::NoteOnly(it) => Self::installed(I::NoteOnly(it)),
            Step::ForgetOnly(_) => Self::installed(I::ForgetOnly),
            Step::DetachFactory(it) => Self::installed(I::DetachFactory(it)).on_system(),
            Step::FoldStore(it) => Self::installed(I::FoldStore(it)).on_system(),
            Step::OpenFactory(it) => Self::installed(I::OpenFactory(it)),
            Step::OpenGeneration(it) => Self::installed(I::OpenGeneration(it)),
            Step::CloseGeneration(it) => Self::installed(I::CloseGeneration(&it.at)),
            Step::CheckGeneration(_) => Self::installed(I::CheckGeneration),
            Step::AdoptPartitions(it) => Self::any(K::WriteBelow(vec![&it.root])).on_system(),
            Step::CloseFactory(_) => Self::installed(I::CloseFactory),
            Step::PutUpgrade(_) | Step::InstallPackages(_) => {
                Self::installed(I::PutUpgrade).on_system()
            }
            Step::RestoreBoot(_)
            | Step::PutBoot(_)
            // They do whatever they like.
            | Step::RunHooks(_) => Self::installed(I::Other).on_system(),
            Step::StageUpgrade(it) => Self::any(K::WriteBelow(vec![&it.at])),
            Step::NoteUpgrade(_) => Self::installed(I::NoteUpgrade),
            Step::ProveUpgrade(_) => Self::installed(I::ProveUpgrade),
            Step::NotePackages(_) => Self::installed(I::ProveUpgrade).on_system(),
            Step::BeginTrial(_) => Self::installed(I::BeginTrial),
            Step::BuildSlot(it) => Self::installed(I::BuildSlot(it)),
            Step::SwitchSlot(it) => Self::installed(I::SwitchSlot(it)),
            Step::RenewBootLoader(_) => Self::installed(I::RenewBootLoader),
            Step::RestoreTable(_) => Self::installed(I::RestoreTable),
            Step::WriteFloor(it) => Self::any(K::WriteBelow(vec![&it.at])),
            Step::WriteKeys(it) => Self::any(K::WriteBelow(vec![&it.at])),
            Step::UpdateMetadata(_)
            | Step::ForgetDegraded(_)
            | Step::NoteOutcome(_)
            | Step::StopServices(_)
            | Step::ReloadManager(_)
            | Step::StartServices(_)
            | Step::RestartServices(_) => Self::installed(I::Other),
            Step::WriteBootLoader(it) => Self::making(K::WriteBootLoader(it.disk)),
            Step::MakeBootable(_) => Self::making(K::MakeBootable),
        }
    }

    const fn any(kind: Kind<'a>) -> Self {
        Self { kind, whole_disks: false, writes_system: false }
    }

    const fn making(kind: Kind<'a>) -> Self {
        Self { kind, whole_disks: true, writes_system: false }
    }

    const fn installed(kind: Installed<'a>) -> Self {
        Self::any(Kind::Installed(kind))
    }

    fn on_system(self) -> Self {
        Self { writes_system: true, ..self }
    }
}
