//! A partition table.

use serde::{Deserialize, Serialize};
use zshield_messages::say::step as say;

use super::kind::{Persistence, RetryPolicy, StepKind};
use crate::action::Action;
use crate::id::Uuid;
use crate::model::Binding;
use crate::role::Role;
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

/// Writes a partition table, and zeros where each partition begins and ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartitionDisk {
    /// Whose.
    pub disk: Role,
    /// The table.
    pub table: PartitionTable,
    /// Whether the disk is told that nothing lies behind the last partition, where it can be told: an SSD takes
    /// that for itself.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub discard_rest: bool,
}

impl StepKind for PartitionDisk {
    const RETRY: RetryPolicy = RetryPolicy::Repeat;
    const PERSISTENCE: Persistence = Persistence::Durable;

    fn actions(&self, binding: &Binding) -> Vec<Action> {
        let disk = binding.disks.of(self.disk).device();
        let head = format!("write a GPT on {disk}, id {}", self.table.id);
        let partition = |new: &NewPartition| {
            let read_only = if new.read_only { ", read-only" } else { "" };
            let NewPartition { number, label, kind, id, start, size, .. } = new;
            let (at, bytes) = (start.0, size.0);
            format!("  {number} {label} {kind:?} {id} at {at} B, {bytes} B ({size}){read_only}")
        };
        let partitions = self.table.partitions.iter().map(partition);
        let rest = self.discard_rest.then(|| "discard all behind the last partition".to_owned());
        std::iter::once(head).chain(partitions).chain(rest).map(Action::Effect).collect()
    }

    fn title(&self) -> String {
        say::partition_disk(self.disk.to_string())
    }
}
