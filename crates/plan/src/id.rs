//! What things are known by: disks, partitions, mappings, slots.

use std::fmt;

use serde::{Deserialize, Serialize};

use zshield_units::Bytes;

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
    /// Both.
    pub const ALL: [Self; 2] = [Self::A, Self::B];

    /// The file at the top of a Golden partition that says which slot is the active one: while it is there it is the
    /// second. To make it or to remove it is one change of a directory, so that a cut leaves one or the other.
    pub const MARK: &str = "second";

    /// The name of its directory.
    pub const fn directory(self) -> &'static str {
        match self {
            Self::A => "a",
            Self::B => "b",
        }
    }

    /// The other one.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::A => Self::B,
            Self::B => Self::A,
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

/// What the device mapper calls one of its devices.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MappingName(String);

impl MappingName {
    const NODES: &str = "/dev/mapper/";

    /// This name.
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// The name of the device whose node this is; nothing where it is no mapping's.
    pub fn of_node(path: &str) -> Option<Self> {
        path.strip_prefix(Self::NODES).map(Self::new)
    }

    /// The name as a text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The path of its device node.
    pub fn node(&self) -> String {
        format!("{}{}", Self::NODES, self.0)
    }

    /// The store of this one, where it is a snapshot.
    #[must_use]
    pub fn store(&self) -> Self {
        Self(format!("{}-cow", self.0))
    }

    /// The group and the volume that it is named for: a hyphen within either stands there twice.
    pub fn volume(&self) -> Option<(String, String)> {
        let name = self.0.replace("--", "\0");
        let (group, volume) = name.split_once('-')?;
        let plain = |part: &str| part.replace('\0', "-");
        Some((plain(group), plain(volume)))
    }
}

impl fmt::Display for MappingName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
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
        let digits: String = text.chars().filter(|c| *c != '-').collect();
        (text.len() == 36).then(|| Self::parse_digits(&digits))?
    }

    /// The id that 32 hexadecimal digits stand for, as a machine-id is written.
    pub fn parse_digits(digits: &str) -> Option<Self> {
        let valid = digits.len() == 32 && digits.chars().all(|c| c.is_ascii_hexdigit());
        let value = valid.then(|| u128::from_str_radix(digits, 16).ok())??;
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

/// What a vault knows a generation by: the digest of the snapshot's text in restic's format.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GenerationId([u8; 32]);

impl GenerationId {
    /// So many of its digits are what people see and type.
    const SHORT: usize = 8;

    /// The id of these bytes.
    pub const fn of(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The id that 64 hexadecimal digits stand for.
    pub fn parse(digits: &str) -> Option<Self> {
        let digit = |at: usize| char::from(*digits.as_bytes().get(at)?).to_digit(16);
        if digits.len() != 64 {
            return None;
        }
        let mut bytes = [0; 32];
        for (at, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::try_from(digit(2 * at)? << 4 | digit(2 * at + 1)?).ok()?;
        }
        Some(Self(bytes))
    }

    /// The part of it that people see and type.
    pub fn short(self) -> String {
        self.to_string().chars().take(Self::SHORT).collect()
    }
}

impl fmt::Display for GenerationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for GenerationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl Serialize for GenerationId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for GenerationId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let digits = String::deserialize(deserializer)?;
        Self::parse(&digits).ok_or_else(|| serde::de::Error::custom(digits))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mapping_is_told_from_other_nodes_and_taken_apart() {
        let volume = |node: &str| MappingName::of_node(node).and_then(|name| name.volume());
        assert_eq!(
            volume("/dev/mapper/vgroup-lv--root"),
            Some(("vgroup".into(), "lv-root".into()))
        );
        assert_eq!(volume("/dev/mapper/a--b-c"), Some(("a-b".into(), "c".into())));
        assert_eq!((volume("/dev/mapper/hdd"), volume("/dev/sda1")), (None, None));
        let name = MappingName::new("vg-snap1");
        assert_eq!(
            (name.node(), name.store().as_str()),
            ("/dev/mapper/vg-snap1".into(), "vg-snap1-cow")
        );
    }
}
