//! The World: what was observed of a machine, and all that a planner knows of it.
//!
//! It can be written to a file and read back (`--world FILE`), so that a plan can be made for a
//! machine that is not there.

use serde::{Deserialize, Serialize};

use crate::id::{DiskName, Identity, Slot, Uuid};
use crate::journal::Journal;
use crate::model::Binding;
use crate::plan::Plan;
use crate::policy::{GroupName, Transport, VolumeName};
use crate::role::{ByRole, Role};
use crate::volumes::{GOLDEN_NAME, GOLDEN_PARTITION};
use zshield_units::Bytes;

/// A machine, the image it was started from, and its disks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct World {
    /// The image that would be installed.
    pub image: ImageFacts,
    /// Where that image was found.
    pub medium: Medium,
    /// Every disk of the machine.
    pub disks: Vec<Disk>,
    /// Every volume group on them.
    #[serde(default)]
    pub groups: Vec<VolumeGroup>,
}

impl World {
    /// The names that a plan's disks have now; `None` where one is missing, or is not the only one
    /// of its identity.
    pub fn bind(&self, plan: &Plan) -> Option<Binding> {
        let name = |role: Role| {
            let wanted = plan.disks.of(role);
            let mut found = self.disks.iter().filter(|disk| disk.identity == *wanted);
            match (found.next(), found.next()) {
                (Some(disk), None) => Some(disk.name.clone()),
                _ => None,
            }
        };
        let disks = ByRole { ssd: name(Role::Ssd)?, hdd: name(Role::Hdd)? };
        Some(Binding { disks, group: plan.group.clone() })
    }
}

/// What the planner must know of a Golden Image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImageFacts {
    /// The digest of its manifest: its identity.
    pub digest: String,
    /// The payload's version.
    pub version: String,
    /// All the slot's files together.
    pub slot_bytes: Bytes,
    /// All the payload's files together.
    pub payload_bytes: Bytes,
    /// How many entries the payload has.
    pub payload_entries: u64,
    /// The payload's kernel, as a path within it: `boot/vmlinuz-…`.
    pub kernel: String,
    /// The payload's initial RAM disk, likewise.
    pub initrd: String,
}

/// The partition that holds the slot which the rescue system was started from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Medium {
    /// Its unique id in the partition table; nothing where the slot is on no partition.
    #[serde(default)]
    pub partition: Option<Uuid>,
    /// The slot within it.
    pub slot: Slot,
}

/// A disk as the kernel shows it.
// Each of the kernel's flags is one.
#[allow(clippy::struct_excessive_bools)]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Disk {
    /// The kernel's name.
    pub name: DiskName,
    /// What it is, whatever its name.
    #[serde(flatten)]
    pub identity: Identity,
    /// The maker, where the kernel knows one.
    #[serde(default)]
    pub vendor: String,
    /// The size of a logical sector in bytes.
    #[serde(default = "Disk::usual_sector")]
    pub sector: u32,
    /// Whether it turns.
    pub rotational: bool,
    /// How it is attached.
    pub transport: Transport,
    /// The kernel driver of its controller.
    #[serde(default)]
    pub driver: Option<String>,
    /// Whether its medium can be taken out.
    #[serde(default)]
    pub removable: bool,
    /// Whether it is made of zones, which are written in order.
    #[serde(default)]
    pub zoned: bool,
    /// Whether it can't be written.
    #[serde(default)]
    pub read_only: bool,
    /// Why nothing could be read of it, where that is so.
    #[serde(default)]
    pub unreadable: Option<String>,
    /// Where it is in use: mount points, swap, other devices made of it.
    #[serde(default)]
    pub in_use: Vec<String>,
    /// Its partitions.
    #[serde(default)]
    pub partitions: Vec<Partition>,
    /// What the disk itself holds beside partitions: a filesystem, a RAID member, a volume.
    #[serde(default)]
    pub content: Option<String>,
    /// The journal of an installation, where there is one.
    #[serde(default)]
    pub journal: Option<Box<Journal>>,
}

impl Disk {
    const fn usual_sector() -> u32 {
        512
    }

    /// The Golden partition of an appliance, where the disk has one.
    pub fn golden(&self) -> Option<&Partition> {
        let is_golden = |it: &&Partition| {
            it.number == GOLDEN_PARTITION && it.label.as_deref() == Some(GOLDEN_NAME)
        };
        self.partitions.iter().find(is_golden)
    }

    /// Whether it holds the medium's partition, or a copy of it.
    pub fn holds(&self, medium: &Medium) -> bool {
        let is_medium = |partition: &Partition| partition.id == medium.partition;
        medium.partition.is_some() && self.partitions.iter().any(is_medium)
    }
}

/// A partition that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Partition {
    /// Its number.
    pub number: u32,
    /// Its size.
    pub size: Bytes,
    /// Its unique id.
    #[serde(default)]
    pub id: Option<Uuid>,
    /// Its name in the partition table.
    #[serde(default)]
    pub label: Option<String>,
    /// What it holds, as blkid calls it.
    #[serde(default)]
    pub content: Option<String>,
}

/// A volume group that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VolumeGroup {
    /// Its name; several may have the same one.
    pub name: GroupName,
    /// LVM's own id of it.
    pub id: String,
    /// The disks that its physical volumes are on.
    pub disks: Vec<DiskName>,
    /// Its volumes.
    pub volumes: Vec<Volume>,
}

/// A logical volume that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Volume {
    /// Its name.
    pub name: VolumeName,
    /// Its size.
    pub size: Bytes,
    /// The disks that it lies on.
    #[serde(default)]
    pub disks: Vec<DiskName>,
    /// Whether a part of it lies on a disk that is missing.
    #[serde(default)]
    pub partial: bool,
}

impl Volume {
    /// Whether it lies on this disk, and no part of it elsewhere.
    pub fn is_within(&self, disk: &DiskName) -> bool {
        !self.partial && self.disks.iter().all(|on| on == disk)
    }
}
