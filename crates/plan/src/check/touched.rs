//! What each step of a running appliance's plan may write or remove, whatever comes before it.

use super::mounts::volume_of;
use crate::model::Device;
use crate::step::{MountAs, Step};
use crate::volumes::{AUDIT, USER};

/// Whether it is a volume with the customer's data.
pub(super) fn is_data(volume: &str) -> bool {
    [USER, AUDIT].contains(&volume)
}

/// Whether a step writes or removes the customer's data, or the disk below it.
pub(super) fn loses_data(step: &Step) -> bool {
    match step {
        Step::EraseDisk(_)
        | Step::PartitionDisk(_)
        | Step::MakeBootable(_)
        | Step::WriteBootLoader(_)
        | Step::CopyGolden(_) => true,
        Step::CreateFilesystem(it) => match &it.device {
            Device::Partition(..) => true,
            Device::Volume(..) | Device::Golden => false,
        },
        Step::Mount(it) => match it.kind {
            MountAs::Ext4 => volume_of(&it.device).is_some_and(is_data),
            MountAs::Ext4Frozen => false,
        },
        Step::RemoveVolume(it) => is_data(it.volume.as_str()),
        Step::RenameVolume(it) => is_data(it.from.as_str()),
        // Looked at where it is known what goes before.
        Step::CreatePhysicalVolume(_)
        | Step::ReduceGroup(_)
        | Step::RepairFiles(_)
        | Step::CreateVolumeGroup(_)
        | Step::CreateVolume(_)
        | Step::ActivateVolumes(_)
        | Step::OpenGolden(_)
        | Step::CloseGolden(_)
        | Step::Unmount(_)
        | Step::Unpack(_)
        | Step::WriteFiles(_)
        | Step::CreateHostKeys(_)
        | Step::CopyBootFiles(_)
        | Step::WriteLedger(_)
        | Step::CreateSnapshot(_)
        | Step::UpdateMetadata(_)
        | Step::ExtendGroup(_)
        | Step::SaveBoot(_)
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
        | Step::VerifyFiles(_)
        | Step::StopServices(_)
        | Step::ReloadManager(_)
        | Step::StartServices(_)
        | Step::RestartServices(_)
        | Step::VerifySystem(_)
        | Step::WriteRecord(_) => false,
    }
}

/// Whether a step writes root, `/boot` or the group.
pub(super) const fn writes_system(step: &Step) -> bool {
    match step {
        Step::CopyBack(_)
        | Step::RestoreBoot(_)
        | Step::CreateFilesystem(_)
        | Step::Unpack(_)
        | Step::ReduceGroup(_)
        | Step::RemoveVolume(_)
        | Step::WriteLedger(_)
        | Step::RepairFiles(_) => true,
        Step::EraseDisk(_)
        | Step::PartitionDisk(_)
        | Step::CreatePhysicalVolume(_)
        | Step::CreateVolumeGroup(_)
        | Step::ActivateVolumes(_)
        | Step::CreateVolume(_)
        | Step::OpenGolden(_)
        | Step::CloseGolden(_)
        | Step::Mount(_)
        | Step::Unmount(_)
        | Step::WriteFiles(_)
        | Step::CreateHostKeys(_)
        | Step::CopyGolden(_)
        | Step::CopyBootFiles(_)
        | Step::WriteBootLoader(_)
        | Step::CreateSnapshot(_)
        | Step::RenameVolume(_)
        | Step::UpdateMetadata(_)
        | Step::ExtendGroup(_)
        | Step::SaveBoot(_)
        | Step::VerifyBackup(_)
        | Step::CheckSnapshot(_)
        | Step::Arm(_)
        | Step::Disarm(_)
        | Step::ForgetDegraded(_)
        | Step::NoteOutcome(_)
        | Step::VerifyCopy(_)
        | Step::NoteOnly(_)
        | Step::ForgetOnly(_)
        | Step::VerifyFiles(_)
        | Step::StopServices(_)
        | Step::ReloadManager(_)
        | Step::StartServices(_)
        | Step::RestartServices(_)
        | Step::VerifySystem(_)
        | Step::WriteRecord(_)
        | Step::MakeBootable(_) => false,
    }
}
