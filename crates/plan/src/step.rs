//! The steps that plans are made of: a closed set, each one effect.

use serde::{Deserialize, Serialize};

use crate::id::{Slot, Uuid};
use crate::ledger::Ledger;
use crate::policy::{GroupName, VolumeName};
use crate::role::Role;
use crate::size::Bytes;

/// A block device of the appliance, by what it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Device {
    /// A partition of the disk that has this role.
    Partition(Role, u32),
    /// A volume of the appliance's group.
    Volume(GroupName, VolumeName),
    /// The Golden Image's payload, verified block by block as it is read.
    Golden,
}

/// What a partition is, by its type in the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PartitionKind {
    /// GRUB's core for BIOS.
    BiosBoot,
    /// The EFI system partition.
    EfiSystem,
    /// A Linux filesystem.
    Linux,
    /// An LVM physical volume.
    Lvm,
}

/// A partition to be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewPartition {
    /// Its number.
    pub number: u32,
    /// Its name in the table.
    pub label: String,
    /// What it is.
    pub kind: PartitionKind,
    /// Its unique id.
    pub id: Uuid,
    /// Where it begins.
    pub start: Bytes,
    /// How large it is.
    pub size: Bytes,
    /// Whether it carries the read-only attribute (bit 60).
    pub read_only: bool,
}

/// A GPT to be written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartitionTable {
    /// The disk's unique id.
    pub id: Uuid,
    /// Its partitions in order.
    pub partitions: Vec<NewPartition>,
}

/// How a filesystem is mounted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MountAs {
    /// ext4, to be written.
    Ext4,
    /// ext4, as it is: not even its journal is replayed.
    Ext4Frozen,
}

/// A file to be written whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewFile {
    /// Its path below the folder that the step names.
    pub path: String,
    /// Its permissions.
    pub mode: u32,
    /// Its bytes.
    pub content: String,
}

/// One effect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "kebab-case")]
pub enum Step {
    /// Makes a disk empty and unbootable: its partition tables and old signatures go.
    EraseDisk {
        /// Whose.
        disk: Role,
    },
    /// Writes a partition table, and zeros where each partition begins and ends.
    PartitionDisk {
        /// Whose.
        disk: Role,
        /// The table.
        table: PartitionTable,
    },
    /// `pvcreate`.
    CreatePhysicalVolume {
        /// On what.
        device: Device,
        /// Its id.
        id: Uuid,
    },
    /// `vgcreate`.
    CreateVolumeGroup {
        /// Its name.
        group: GroupName,
        /// Its physical volumes.
        devices: Vec<Device>,
        /// Its extents' size.
        extent: Bytes,
    },
    /// Makes the group's volumes appear.
    ActivateVolumes {
        /// Whose.
        group: GroupName,
    },
    /// `lvcreate`.
    CreateVolume {
        /// The group.
        group: GroupName,
        /// Its name.
        volume: VolumeName,
        /// Its size.
        size: Bytes,
        /// The physical volume it is on.
        on: Device,
    },
    /// `mke2fs -t ext4`.
    CreateFilesystem {
        /// On what.
        device: Device,
        /// Its label.
        label: String,
        /// Its id.
        id: Uuid,
    },
    /// Opens the payload in the medium's slot behind dm-verity.
    OpenGolden {
        /// The slot.
        slot: Slot,
    },
    /// Closes it.
    CloseGolden,
    /// Mounts a filesystem; the folder is made where it is missing.
    Mount {
        /// What.
        device: Device,
        /// Where.
        at: String,
        /// How.
        kind: MountAs,
    },
    /// Unmounts it; all that was written is on the disk then.
    Unmount {
        /// Where.
        at: String,
    },
    /// Unpacks the payload from the opened Golden Image.
    Unpack {
        /// To where root is mounted, with `/boot` in it.
        to: String,
    },
    /// Writes files whole.
    WriteFiles {
        /// What they are for, as part of the step's name.
        purpose: FilePurpose,
        /// The folder that their paths begin at.
        at: String,
        /// The files.
        files: Vec<NewFile>,
    },
    /// Replaces the SSH host keys of the system there by fresh ones, where it has SSH at all.
    CreateHostKeys {
        /// Where root is mounted.
        root: String,
    },
    /// Copies the slot which this system was started from, and reads it back.
    CopyGolden {
        /// The folder of the new slot, on the mounted Golden partition.
        to: String,
    },
    /// Copies one of the slot's files to a file.
    CopyFont {
        /// The new file.
        to: String,
    },
    /// Begins the appliance's ledger.
    WriteLedger {
        /// The folder of its two copies.
        at: String,
        /// What it says.
        ledger: Ledger,
    },
    /// Writes GRUB's core, and the EFI system partition all but its first sector.
    WriteBootLoader {
        /// The disk.
        disk: Role,
    },
    /// `lvcreate --snapshot`.
    CreateSnapshot {
        /// The group.
        group: GroupName,
        /// The volume.
        origin: VolumeName,
        /// The snapshot's name.
        snapshot: VolumeName,
        /// Its chunk size.
        chunk: Bytes,
        /// Its COW store's size.
        size: Bytes,
        /// The physical volume it is on.
        on: Device,
    },
    /// Checks that the snapshot is valid and that it and `/boot` hold the payload to the byte.
    Prove {
        /// The group.
        group: GroupName,
        /// The snapshot.
        snapshot: VolumeName,
        /// Where the snapshot is mounted, with `/boot` in it.
        root: String,
        /// The paths within root, and all below them, that the installation itself wrote; a `*`
        /// at the end stands for the rest of a name.
        written: Vec<String>,
        /// The paths within root where its other parts are mounted.
        parts: Vec<String>,
    },
    /// Leaves the record and the log on the audit volume, and on the stick where it has room.
    WriteRecord {
        /// Where the audit volume is mounted.
        at: String,
    },
    /// Makes a disk bootable: the last step.
    MakeBootable {
        /// The disk.
        disk: Role,
    },
}

/// What written files are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FilePurpose {
    /// What makes the payload this machine's system: `fstab`, `machine-id`.
    System,
    /// GRUB's configuration and environment.
    BootMenu,
}

/// What doing a step again means, where it is not known whether it was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Redo {
    /// It is simply done again.
    Repeat,
    /// What it makes may be there, whole or in part: that is looked for first.
    Probe,
    /// It is done again only after the step that prepares its ground.
    After(&'static str),
}

/// How long a step's effect lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lasts {
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
            Self::CopyFont { .. } => "copy-font",
            Self::WriteLedger { .. } => "write-ledger",
            Self::WriteBootLoader { .. } => "write-boot-loader",
            Self::CreateSnapshot { .. } => "create-snapshot",
            Self::Prove { .. } => "prove",
            Self::WriteRecord { .. } => "write-record",
            Self::MakeBootable { .. } => "make-bootable",
        }
    }

    /// What doing it again means.
    pub const fn redo(&self) -> Redo {
        match self {
            // A group made in part is not worth understanding: its ground is laid anew.
            Self::CreateVolumeGroup { .. } => Redo::After("create-physical-volume"),
            // What is unpacked in part lies under what is unpacked again.
            Self::Unpack { .. } => Redo::After("create-filesystem"),
            Self::CreateVolume { .. } | Self::CreateSnapshot { .. } => Redo::Probe,
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
            | Self::CopyFont { .. }
            | Self::WriteLedger { .. }
            | Self::WriteBootLoader { .. }
            | Self::Prove { .. }
            | Self::WriteRecord { .. }
            | Self::MakeBootable { .. } => Redo::Repeat,
        }
    }

    /// How long its effect lasts.
    pub const fn lasts(&self) -> Lasts {
        match self {
            Self::ActivateVolumes { .. }
            | Self::OpenGolden { .. }
            | Self::CloseGolden
            | Self::Mount { .. }
            | Self::Unmount { .. } => Lasts::Session,
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
            | Self::CopyFont { .. }
            | Self::WriteLedger { .. }
            | Self::WriteBootLoader { .. }
            | Self::CreateSnapshot { .. }
            | Self::Prove { .. }
            | Self::WriteRecord { .. }
            | Self::MakeBootable { .. } => Lasts::Durable,
        }
    }
}
