//! What a bundle brings.

use serde::{Deserialize, Serialize};
use zshield_golden::{Digest, EntryPath};

use crate::version::Version;

/// What a bundle brings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Payload {
    /// A new version of the whole system.
    System(System),
    /// Packages for the payload's own package manager.
    Packages {
        /// Which one.
        manager: Manager,
        /// The packages, in the order in which they are handed over.
        files: Vec<Package>,
    },
    /// Files alone.
    Files {
        /// Where they go.
        files: Vec<Placed>,
    },
}

/// A new version of the whole system.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct System {
    /// The manifest of its Golden Image. Its content is in the index.
    pub manifest: Digest,
    /// Its signature, where the image is signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
    /// The versions that there is a way from. Empty with `whole`.
    pub from: Vec<From>,
    /// Whether every content is there whole as well, so that it serves any version.
    pub whole: bool,
}

/// A version that there is a way from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct From {
    /// The version.
    pub version: Version,
    /// The manifest of its Golden Image, which names every content that is taken as known.
    pub manifest: Digest,
}

/// A package manager.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Manager {
    /// Debian's.
    Deb,
    /// Red Hat's.
    Rpm,
}

/// A package.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Package {
    /// Its file name: one name, no path.
    pub name: EntryPath,
    /// Its content, which is in the index.
    pub blake3: Digest,
}

/// A file with its place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Placed {
    /// Where it goes, from the root.
    pub path: EntryPath,
    /// Its permissions: the lower 12 bits of `st_mode`.
    pub mode: u16,
    /// Its owner.
    pub uid: u32,
    /// Its group.
    pub gid: u32,
    /// Its content, which is in the index.
    pub blake3: Digest,
}

impl Payload {
    /// Whether it says what no type of it does.
    pub(super) fn is_sound(&self) -> bool {
        match self {
            Self::System(system) => system.whole || !system.from.is_empty(),
            Self::Packages { files, .. } => {
                files.iter().all(|package| package.name.names().count() == 1)
            }
            Self::Files { files } => {
                files.iter().all(|file| !file.path.is_root() && file.mode <= 0o7777)
            }
        }
    }

    /// The contents that it names itself.
    pub(super) fn contents(&self) -> Vec<Digest> {
        match self {
            Self::System(system) => vec![system.manifest],
            Self::Packages { files, .. } => files.iter().map(|file| file.blake3).collect(),
            Self::Files { files } => files.iter().map(|file| file.blake3).collect(),
        }
    }
}
