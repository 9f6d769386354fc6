//! Contents, and the ways to make them.

use std::ops::Range;

use serde::{Deserialize, Serialize};
use zshield_golden::slot::Artifact;
use zshield_golden::{Digest, EntryPath};

/// The most that one part holds when it is made. A longer content has several.
pub const LARGEST_PART: u64 = 16 << 20;
/// The most of an old content that one part is a patch of.
pub const LARGEST_BASE: u64 = 24 << 20;

/// A content of the new version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Content {
    /// Its digest.
    pub blake3: Digest,
    /// Its length.
    pub size: u64,
    /// The ways to make it; each makes all of it.
    pub ways: Vec<Way>,
}

/// One way to make a content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Way {
    /// The content that it is a patch of; nothing where it is whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<Base>,
    /// Its parts, one behind the other.
    pub parts: Vec<Part>,
}

/// A content of an older version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Base {
    /// Its digest.
    pub blake3: Digest,
    /// Its length.
    pub size: u64,
    /// Where the older version has it: a hint, for the digest says what it is.
    pub place: Place,
}

/// Where a machine has a content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// A file of root.
    Root(EntryPath),
    /// A file of the Golden Image's slot.
    Slot(Artifact),
    /// The Golden Image's manifest.
    Manifest,
}

/// A part of a content, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// Its length when it is made; at most [`LARGEST_PART`].
    pub size: u64,
    /// Its length in the file.
    pub stored: u64,
    /// Digest of what is stored.
    pub blake3: Digest,
    /// Where it begins, from the first part of the file. Parts follow one another, so it is not written.
    #[serde(skip)]
    pub at: u64,
    /// What of the base it is a patch of; nothing in a whole one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<Stretch>,
}

/// A stretch of a content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stretch {
    /// Where it begins.
    pub at: u64,
    /// Its length.
    pub length: u64,
}

impl Stretch {
    /// Where it is; `None` where no file has such a place.
    pub fn range(self) -> Option<Range<u64>> {
        Some(self.at..self.at.checked_add(self.length)?)
    }
}

/// How the new Golden Image's `root.squashfs` is put together, up to its hash tree, which is made again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Squashfs {
    /// The old `root.squashfs` that stretches are copied from; nothing where all of it is here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<Digest>,
    /// What it consists of, in order.
    pub pieces: Vec<Piece>,
    /// All that is not copied, one behind the other.
    pub parts: Vec<Part>,
}

/// A piece of the new squashfs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Piece {
    /// A stretch of the old one.
    Copy(Stretch),
    /// So many bytes of the parts, where the piece before ended.
    Literal(u64),
}

impl Piece {
    /// How many bytes of the new squashfs it is.
    pub fn length(&self) -> u64 {
        match self {
            Self::Copy(stretch) => stretch.length,
            Self::Literal(length) => *length,
        }
    }
}

impl Way {
    /// How many bytes of the file it takes.
    pub fn stored(&self) -> u64 {
        stored(&self.parts)
    }
}

impl Squashfs {
    /// How many bytes of the file it takes.
    pub fn stored(&self) -> u64 {
        stored(&self.parts)
    }
}

fn stored(parts: &[Part]) -> u64 {
    parts.iter().map(|part| part.stored).sum()
}
