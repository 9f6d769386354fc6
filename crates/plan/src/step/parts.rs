//! What steps are told: devices, partitions, files.

use serde::{Deserialize, Serialize};

use crate::id::Uuid;
use zshield_units::Bytes;

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
    /// Its path below the directory that the step names.
    pub path: String,
    /// Its permissions.
    pub mode: u32,
    /// Its bytes.
    pub content: String,
}
