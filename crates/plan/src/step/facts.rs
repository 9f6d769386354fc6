//! What every step says of itself: its name, what doing it again means, how long it lasts.

use super::{FilePurpose, Step};

/// What doing a step again means, where it is not known whether it was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryPolicy {
    /// It is simply done again.
    Repeat,
    /// What it makes may be there, whole or in part: that is looked for first.
    Probe,
    /// It is done again only after the step that prepares its ground.
    After(&'static str),
}

/// How long a step's effect lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Persistence {
    /// On the disks.
    Durable,
    /// Until the next boot: a mount, an activated volume.
    Session,
}

impl Step {
    /// The step's name, for journals, messages and scripts.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::EraseDisk { .. } => "erase-disk",
            Self::PartitionDisk { .. } => "partition-disk",
            Self::CreatePhysicalVolume { .. } => "create-physical-volume",
            Self::CreateVolumeGroup { .. } => "create-volume-group",
            Self::ActivateVolumes { .. } => "activate-volumes",
            Self::CreateVolume { .. } => "create-volume",
            Self::CreateFilesystem { .. } => "create-filesystem",
            Self::OpenGolden { .. } => "open-golden",
            Self::CloseGolden => "close-golden",
            Self::Mount { .. } => "mount",
            Self::Unmount { .. } => "unmount",
            Self::Unpack { .. } => "unpack",
            Self::WriteFiles { purpose: FilePurpose::System, .. } => "write-system-files",
            Self::WriteFiles { purpose: FilePurpose::BootMenu, .. } => "write-boot-menu",
            Self::CreateHostKeys { .. } => "create-host-keys",
            Self::CopyGolden { .. } => "copy-golden",
            Self::CopyBootFiles { .. } => "copy-boot-files",
            Self::WriteLedger { .. } => "write-ledger",
            Self::WriteBootLoader { .. } => "write-boot-loader",
            Self::CreateSnapshot { .. } => "create-snapshot",
            Self::RemoveVolume { .. } => "remove-volume",
            Self::RenameVolume { .. } => "rename-volume",
            Self::UpdateMetadata { .. } => "update-metadata",
            Self::ReduceGroup { .. } => "reduce-group",
            Self::ExtendGroup { .. } => "extend-group",
            Self::SaveBoot { .. } => "save-boot",
            Self::ProveBackup { .. } => "prove-backup",
            Self::CheckSnapshot { .. } => "check-snapshot",
            Self::Arm { .. } => "arm",
            Self::Disarm { .. } => "disarm",
            Self::ForgetDegraded { .. } => "forget-degraded",
            Self::NoteOutcome { .. } => "note-outcome",
            Self::CopyBack { .. } => "copy-back",
            Self::ProveCopy { .. } => "prove-copy",
            Self::RestoreBoot { .. } => "restore-boot",
            Self::NoteOnly { .. } => "note-only",
            Self::ForgetOnly { .. } => "forget-only",
            Self::PutRight { .. } => "put-right",
            Self::ProveRight { .. } => "prove-right",
            Self::StopServices { .. } => "stop-services",
            Self::ReloadManager { .. } => "reload-manager",
            Self::StartServices { .. } => "start-services",
            Self::RestartServices { .. } => "restart-services",
            Self::Prove { .. } => "prove",
            Self::WriteRecord { .. } => "write-record",
            Self::MakeBootable { .. } => "make-bootable",
        }
    }

    /// What doing it again means.
    pub const fn retry(&self) -> RetryPolicy {
        match self {
            // A group made in part is not worth understanding: its ground is laid anew.
            Self::CreateVolumeGroup { .. } => RetryPolicy::After("create-physical-volume"),
            // What is unpacked in part lies under what is unpacked again.
            Self::Unpack { .. } => RetryPolicy::After("create-filesystem"),
            Self::CreateVolume { .. }
            | Self::CreateSnapshot { .. }
            | Self::RemoveVolume { .. }
            | Self::RenameVolume { .. }
            | Self::ExtendGroup { .. } => RetryPolicy::Probe,
            Self::EraseDisk { .. }
            | Self::PartitionDisk { .. }
            | Self::CreatePhysicalVolume { .. }
            | Self::ActivateVolumes { .. }
            | Self::CreateFilesystem { .. }
            | Self::OpenGolden { .. }
            | Self::CloseGolden
            | Self::Mount { .. }
            | Self::Unmount { .. }
            | Self::WriteFiles { .. }
            | Self::CreateHostKeys { .. }
            | Self::CopyGolden { .. }
            | Self::CopyBootFiles { .. }
            | Self::WriteLedger { .. }
            | Self::WriteBootLoader { .. }
            | Self::Prove { .. }
            | Self::WriteRecord { .. }
            | Self::UpdateMetadata { .. }
            | Self::ReduceGroup { .. }
            | Self::SaveBoot { .. }
            | Self::ProveBackup { .. }
            | Self::CheckSnapshot { .. }
            | Self::Arm { .. }
            | Self::Disarm { .. }
            | Self::ForgetDegraded { .. }
            | Self::NoteOutcome { .. }
            | Self::CopyBack { .. }
            | Self::ProveCopy { .. }
            | Self::RestoreBoot { .. }
            | Self::NoteOnly { .. }
            | Self::ForgetOnly { .. }
            | Self::PutRight { .. }
            | Self::ProveRight { .. }
            | Self::StopServices { .. }
            | Self::ReloadManager { .. }
            | Self::StartServices { .. }
            | Self::RestartServices { .. }
            | Self::MakeBootable { .. } => RetryPolicy::Repeat,
        }
    }

    /// How long its effect lasts.
    pub const fn persistence(&self) -> Persistence {
        match self {
            Self::ActivateVolumes { .. }
            | Self::OpenGolden { .. }
            | Self::CloseGolden
            | Self::Mount { .. }
            | Self::Unmount { .. }
            | Self::StopServices { .. }
            | Self::ReloadManager { .. }
            | Self::StartServices { .. }
            | Self::RestartServices { .. } => Persistence::Session,
            Self::EraseDisk { .. }
            | Self::PartitionDisk { .. }
            | Self::CreatePhysicalVolume { .. }
            | Self::CreateVolumeGroup { .. }
            | Self::CreateVolume { .. }
            | Self::CreateFilesystem { .. }
            | Self::Unpack { .. }
            | Self::WriteFiles { .. }
            | Self::CreateHostKeys { .. }
            | Self::CopyGolden { .. }
            | Self::CopyBootFiles { .. }
            | Self::WriteLedger { .. }
            | Self::WriteBootLoader { .. }
            | Self::CreateSnapshot { .. }
            | Self::Prove { .. }
            | Self::WriteRecord { .. }
            | Self::RemoveVolume { .. }
            | Self::RenameVolume { .. }
            | Self::ExtendGroup { .. }
            | Self::UpdateMetadata { .. }
            | Self::ReduceGroup { .. }
            | Self::SaveBoot { .. }
            | Self::ProveBackup { .. }
            | Self::CheckSnapshot { .. }
            | Self::Arm { .. }
            | Self::Disarm { .. }
            | Self::ForgetDegraded { .. }
            | Self::NoteOutcome { .. }
            | Self::CopyBack { .. }
            | Self::ProveCopy { .. }
            | Self::RestoreBoot { .. }
            | Self::NoteOnly { .. }
            | Self::ForgetOnly { .. }
            | Self::PutRight { .. }
            | Self::ProveRight { .. }
            | Self::MakeBootable { .. } => Persistence::Durable,
        }
    }
}
