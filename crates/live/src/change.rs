//! What is to be done to the running system.

use serde::Serialize;
use zshield_golden::EntryPath;
use zshield_golden::compare::FileKind;

/// One change that makes a running system more like a snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "change", rename_all = "kebab-case")]
pub enum Change {
    /// It goes, with all that is in it.
    Remove {
        /// What.
        path: EntryPath,
        /// What it is.
        kind: FileKind,
        /// How many names go with it, itself included.
        names: u64,
        /// Bytes that become free.
        bytes: u64,
    },
    /// It is made anew: it is missing, has another content, or is something else.
    Write {
        /// Where.
        path: EntryPath,
        /// What it is to be.
        kind: FileKind,
        /// Bytes in it.
        size: u64,
        /// What is there now.
        was: Option<FileKind>,
    },
    /// It gets other attributes: owner, mode, time, extended attributes, flags.
    Attributes {
        /// What.
        path: EntryPath,
        /// What it is.
        kind: FileKind,
    },
    /// It becomes another name of a file.
    Link {
        /// The name.
        path: EntryPath,
        /// The name that the file has already.
        to: EntryPath,
    },
}

impl Change {
    /// The name that is changed.
    pub const fn path(&self) -> &EntryPath {
        match self {
            Self::Remove { path, .. }
            | Self::Write { path, .. }
            | Self::Attributes { path, .. }
            | Self::Link { path, .. } => path,
        }
    }

    /// Whether something else is found under the name after it.
    pub const fn replaces(&self) -> bool {
        match self {
            Self::Remove { .. } | Self::Write { .. } | Self::Link { .. } => true,
            Self::Attributes { .. } => false,
        }
    }
}
