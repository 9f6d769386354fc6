//! What is at a path: by a manifest, or on the machine.

use std::collections::BTreeMap;

use zshield_units::UnixTime;

use super::path::SystemPath;

/// What is at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileState {
    /// What it is.
    pub kind: Kind,
    /// Owner, mode and the like.
    pub attributes: Attributes,
    /// What `SELinux` goes by. It is the new version's wherever a file stays: it comes from that version's
    /// policy, and whoever labels a system anew changes thousands.
    pub label: Option<Vec<u8>>,
    /// When its content changed last. By itself it is no difference.
    pub mtime: UnixTime,
}

/// What kind of thing, and what is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A regular file.
    File {
        /// The digest of its content.
        digest: [u8; 32],
        /// Bytes.
        size: u64,
    },
    /// Another name of a file.
    Link {
        /// Its first name.
        to: SystemPath,
    },
    /// A directory.
    Directory,
    /// A symbolic link.
    Symlink {
        /// Where it leads.
        target: String,
    },
    /// A device, a named pipe or a socket, by type and number.
    Special {
        /// The type, as `st_mode` has it.
        format: u32,
        /// Major and minor.
        number: (u32, u32),
    },
}

/// What an administrator sets without touching the content.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attributes {
    /// Permissions with setuid, setgid and sticky.
    pub mode: u16,
    /// User and group.
    pub owner: (u32, u32),
    /// Extended attributes but for the label.
    pub xattrs: BTreeMap<String, Vec<u8>>,
}

impl FileState {
    /// Whether an administrator would call them the same: neither label nor time counts.
    pub fn is_as(&self, other: &Self) -> bool {
        self.kind == other.kind && self.attributes == other.attributes
    }

    /// Whether it is a directory.
    pub const fn is_directory(&self) -> bool {
        matches!(self.kind, Kind::Directory)
    }
}

impl Kind {
    /// Whether both are the same kind of thing, whatever is in them. A file is one by each of its names.
    pub const fn is_like(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::File { .. } | Self::Link { .. }, Self::File { .. } | Self::Link { .. })
            | (Self::Directory, Self::Directory)
            | (Self::Symlink { .. }, Self::Symlink { .. })
            | (Self::Special { .. }, Self::Special { .. }) => true,
            (
                Self::File { .. }
                | Self::Link { .. }
                | Self::Directory
                | Self::Symlink { .. }
                | Self::Special { .. },
                _,
            ) => false,
        }
    }

    /// The bytes that are written where it is made anew.
    pub const fn size(&self) -> u64 {
        match self {
            Self::File { size, .. } => *size,
            Self::Link { .. } | Self::Directory | Self::Symlink { .. } | Self::Special { .. } => 0,
        }
    }
}
