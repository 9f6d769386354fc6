//! What a bundle brings.

use std::collections::BTreeSet;

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
        /// What goes before that, with all that is in it, where the installed version has it.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        removed: Vec<EntryPath>,
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
    /// Its length.
    pub size: u64,
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
    /// Its `SELinux` label; without one it has that of what it replaces, or of its directory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Its length.
    pub size: u64,
    /// Its content, which is in the index.
    pub blake3: Digest,
}

impl Payload {
    /// Whether it says what no type of it does.
    pub(super) fn is_sound(&self) -> bool {
        match self {
            Self::System(system) => system.whole || !system.from.is_empty(),
            Self::Packages { files, .. } => {
                let names: BTreeSet<_> = files.iter().map(|package| &package.name).collect();
                let is_one = |name: &&EntryPath| {
                    name.names().count() == 1 && !name.as_bytes().starts_with(b"-")
                };
                !files.is_empty() && names.len() == files.len() && names.iter().all(is_one)
            }
            Self::Files { files, removed } => {
                let paths: BTreeSet<_> = files.iter().map(|file| &file.path).collect();
                let is_below = |path: &EntryPath| {
                    std::iter::successors(path.parent(), EntryPath::parent)
                        .any(|above| paths.contains(&above))
                };
                files.iter().all(|file| file.mode <= 0o7777 && !is_below(&file.path))
                    && paths.len() == files.len()
                    && paths.into_iter().chain(removed).all(|path| !path.is_root())
                    && !(files.is_empty() && removed.is_empty())
            }
        }
    }

    /// Its kind, for scripts.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::System(_) => "system",
            Self::Packages { .. } => "packages",
            Self::Files { .. } => "files",
        }
    }

    /// Whether it is a whole system, which a factory state can be made of.
    pub const fn is_system(&self) -> bool {
        match self {
            Self::System(_) => true,
            Self::Packages { .. } | Self::Files { .. } => false,
        }
    }

    /// The contents that it names itself, with their lengths where it says them.
    pub(crate) fn sizes(&self) -> Vec<(Digest, u64)> {
        match self {
            Self::System(_) => Vec::new(),
            Self::Packages { files, .. } => {
                files.iter().map(|file| (file.blake3, file.size)).collect()
            }
            Self::Files { files, .. } => {
                files.iter().map(|file| (file.blake3, file.size)).collect()
            }
        }
    }

    /// The contents that it names itself.
    pub(super) fn contents(&self) -> Vec<Digest> {
        match self {
            Self::System(system) => vec![system.manifest],
            Self::Packages { files, .. } => files.iter().map(|file| file.blake3).collect(),
            Self::Files { files, .. } => files.iter().map(|file| file.blake3).collect(),
        }
    }
}
