//! The customer's data, and the steps that would lose it in an installed appliance, whatever comes
//! before them.

use super::effect::{Effect, Installed, Kind};
use super::mounts::volume_of;
use crate::model::Device;
use crate::step::{MountAs, Step};
use crate::volumes::{AUDIT, USER, VAULT};

/// Whether it is a volume with the customer's data, or with the copies of backups.
pub(super) fn is_data(volume: &str) -> bool {
    [USER, AUDIT, VAULT].contains(&volume)
}

/// Whether a step writes or removes the customer's data, or the disk below it.
// One arm for each kind.
#[allow(clippy::too_many_lines)]
pub(super) fn loses_data(step: &Step) -> bool {
    let Effect { kind, whole_disks, .. } = Effect::of(step);
    if whole_disks {
        return true;
    }
    match kind {
        Kind::CreateFilesystem(it) => match &it.device {
            Device::Partition(..) => true,
            Device::Volume(..) | Device::FactoryView(_) | Device::Golden => false,
        },
        Kind::Mount(it) => match it.kind {
            MountAs::Ext4 => volume_of(&it.device).is_some_and(is_data),
            MountAs::Ext4Frozen => false,
        },
        Kind::RemoveVolume(volume) => is_data(volume.as_str()),
        Kind::Installed(Installed::RenameVolume(it)) => is_data(it.from.as_str()),
        // Looked at where it is known what goes before, or refused above.
        Kind::EraseDisk(_)
        | Kind::PartitionDisk(_)
        | Kind::CreatePhysicalVolume(_)
        | Kind::CreateVolumeGroup(_)
        | Kind::ReduceGroup(_)
        | Kind::ExtendGroup(_)
        | Kind::CreateVolume(_)
        | Kind::CreateSnapshot(_)
        | Kind::Unmount(_)
        | Kind::OpenGolden
        | Kind::CloseGolden
        | Kind::Unpack(_)
        | Kind::WriteFiles(_)
        | Kind::WriteBelow(_)
        | Kind::VerifySystem { .. }
        | Kind::WriteBootLoader(_)
        | Kind::MakeBootable
        | Kind::Installed(
            Installed::VerifyBackup(_)
            | Installed::CheckSnapshot(_)
            | Installed::CopyBack(_)
            | Installed::VerifyCopy
            | Installed::RepairFiles(_)
            | Installed::VerifyFiles(_)
            | Installed::Arm
            | Installed::Disarm
            | Installed::NoteOnly(_)
            | Installed::ForgetOnly
            | Installed::DetachFactory(_)
            | Installed::FoldStore(_)
            | Installed::OpenFactory(_)
            | Installed::CloseFactory
            | Installed::OpenGeneration(_)
            | Installed::CloseGeneration(_)
            | Installed::CheckGeneration
            | Installed::BuildSlot(_)
            | Installed::SwitchSlot(_)
            | Installed::RenewBootLoader
            | Installed::RestoreTable
            | Installed::NoteUpgrade
            | Installed::PutUpgrade
            | Installed::ProveUpgrade
            | Installed::BeginTrial
            | Installed::Other,
        )
        | Kind::Other => false,
    }
}

/// Whether a step changes a volume or a disk, or the system but by an upgrade's own steps: an upgrade has none of
/// these, since the latest backup is its way back.
pub(super) fn touches_way_back(step: &Step) -> bool {
    match Effect::of(step).kind {
        Kind::EraseDisk(_)
        | Kind::PartitionDisk(_)
        | Kind::CreatePhysicalVolume(_)
        | Kind::CreateVolumeGroup(_)
        | Kind::ReduceGroup(_)
        | Kind::ExtendGroup(_)
        | Kind::CreateVolume(_)
        | Kind::RemoveVolume(_)
        | Kind::CreateSnapshot(_)
        | Kind::CreateFilesystem(_)
        | Kind::Unpack(_)
        | Kind::WriteBootLoader(_)
        | Kind::MakeBootable
        | Kind::Installed(
            Installed::RenameVolume(_)
            | Installed::DetachFactory(_)
            | Installed::FoldStore(_)
            | Installed::CopyBack(_)
            | Installed::RepairFiles(_)
            // The trial begins in the same write.
            | Installed::Disarm,
        ) => true,
        Kind::Mount(_)
        | Kind::Unmount(_)
        | Kind::OpenGolden
        | Kind::CloseGolden
        | Kind::WriteFiles(_)
        | Kind::WriteBelow(_)
        | Kind::VerifySystem { .. }
        | Kind::Installed(
            Installed::VerifyBackup(_)
            | Installed::CheckSnapshot(_)
            | Installed::VerifyCopy
            | Installed::VerifyFiles(_)
            | Installed::Arm
            | Installed::NoteOnly(_)
            | Installed::ForgetOnly
            | Installed::OpenFactory(_)
            | Installed::CloseFactory
            | Installed::OpenGeneration(_)
            | Installed::CloseGeneration(_)
            | Installed::CheckGeneration
            | Installed::NoteUpgrade
            | Installed::PutUpgrade
            | Installed::ProveUpgrade
            | Installed::BeginTrial
            | Installed::BuildSlot(_)
            | Installed::SwitchSlot(_)
            | Installed::RenewBootLoader
            | Installed::RestoreTable
            | Installed::Other,
        )
        | Kind::Other => false,
    }
}
