//! The World: what was observed of a machine, and all that a planner knows of it.
//!
//! It can be written to a file and read back (`--world FILE`), so that a plan can be made for a
//! machine that is not there.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::journal::Journal;
use crate::policy::{GroupName, Transport, VolumeName};
use crate::size::Bytes;

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

/// One of the two places for an image on a Golden partition.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Slot {
    /// The first, where an installation puts its image.
    #[default]
    A,
    /// The second.
    B,
}

impl Slot {
    /// The name of its folder.
    pub const fn folder(self) -> &'static str {
        match self {
            Self::A => "a",
            Self::B => "b",
        }
    }
}

/// The kernel's name of a disk, `sda`. It changes between boots and is never kept.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DiskName(pub String);

impl DiskName {
    /// The path of the disk's device node.
    pub fn device(&self) -> String {
        format!("/dev/{}", self.0)
    }

    /// The path of a partition's device node.
    pub fn partition(&self, number: u32) -> String {
        format!("{}{number}", self.partition_stem())
    }

    /// What the paths of its partitions' nodes begin with: their numbers follow.
    pub fn partition_stem(&self) -> String {
        let separator = if self.0.ends_with(|c: char| c.is_ascii_digit()) { "p" } else { "" };
        format!("/dev/{}{separator}", self.0)
    }
}

impl fmt::Display for DiskName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A disk as the kernel shows it.
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
    /// Whether it can't be written.
    #[serde(default)]
    pub read_only: bool,
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

    /// Whether it holds the medium's partition, or a copy of it.
    pub fn holds(&self, medium: &Medium) -> bool {
        let is_medium = |partition: &Partition| partition.id == medium.partition;
        medium.partition.is_some() && self.partitions.iter().any(is_medium)
    }
}

/// What a disk is known by across boots.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Identity {
    /// Its model.
    pub model: String,
    /// Its serial number; empty where it tells none.
    pub serial: String,
    /// Its size.
    pub size: Bytes,
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
}

/// A 128-bit id, written in the usual five groups.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Uuid([u8; 16]);

impl Uuid {
    /// A random id (version 4) of these random bytes.
    pub const fn random(mut bytes: [u8; 16]) -> Self {
        bytes[6] = bytes[6] & 0x0f | 0x40;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        Self(bytes)
    }

    /// The id of these bytes as a GPT holds them: the first three groups little-endian.
    pub const fn from_gpt(bytes: [u8; 16]) -> Self {
        Self(mixed_endian(bytes))
    }

    /// The bytes as a GPT holds them.
    pub const fn to_gpt(self) -> [u8; 16] {
        mixed_endian(self.0)
    }

    /// The id that a text in the usual form stands for.
    pub fn parse(text: &str) -> Option<Self> {
        let hex: String = text.chars().filter(|c| *c != '-').collect();
        let digits = hex.chars().all(|c| c.is_ascii_hexdigit());
        let valid = text.len() == 36 && hex.len() == 32 && digits;
        let value = valid.then(|| u128::from_str_radix(&hex, 16).ok())??;
        Some(Self(value.to_be_bytes()))
    }

    /// The bytes as written, most significant first.
    pub const fn bytes(self) -> [u8; 16] {
        self.0
    }

    /// The 32 hexadecimal digits alone, as a machine-id is written.
    pub fn digits(self) -> String {
        format!("{:032x}", u128::from_be_bytes(self.0))
    }

    /// The same digits in the groups that LVM writes.
    pub fn lvm(self) -> String {
        let digits = self.digits();
        let mut parts = Vec::new();
        let mut rest = digits.as_str();
        for length in [6, 4, 4, 4, 4, 4, 6] {
            let (part, after) = rest.split_at(length);
            parts.push(part);
            rest = after;
        }
        parts.join("-")
    }
}

/// Turns the first three groups of an id around, which is its own inverse.
const fn mixed_endian(b: [u8; 16]) -> [u8; 16] {
    [
        b[3], b[2], b[1], b[0], b[5], b[4], b[7], b[6], b[8], b[9], b[10], b[11], b[12], b[13],
        b[14], b[15],
    ]
}

impl fmt::Display for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let d = self.digits();
        write!(f, "{}-{}-{}-{}-{}", &d[..8], &d[8..12], &d[12..16], &d[16..20], &d[20..])
    }
}

impl fmt::Debug for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Uuid {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Uuid {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("not a UUID"))
    }
}
