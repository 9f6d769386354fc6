//! What can differ.

use std::fmt;

use serde::Serialize;
use zshield_messages::say;
use zshield_units::UnixTime;

use crate::manifest::{DeviceNumber, Kind};
use crate::path::EntryPath;

/// One difference between the payload and a filesystem.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Drift {
    /// Where.
    pub path: EntryPath,
    /// What.
    #[serde(flatten)]
    pub difference: Difference,
}

/// The ways to differ; *expected* is the manifest's, *actual* what is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "drift", rename_all = "kebab-case")]
pub enum Difference {
    /// It is not there, nor is what would be in it.
    Missing,
    /// It should not be there; what is in it is not named.
    Added {
        /// What it is.
        kind: FileKind,
    },
    /// It is something else.
    Kind {
        /// What it should be.
        expected: FileKind,
        /// What it is.
        actual: FileKind,
    },
    /// Same length, other content.
    Content,
    /// Another length, in bytes.
    Size {
        /// By the manifest.
        expected: u64,
        /// As it is.
        actual: u64,
    },
    /// Other permissions.
    Mode {
        /// By the manifest.
        expected: u16,
        /// As it is.
        actual: u16,
    },
    /// Another owner or group.
    Owner {
        /// User and group by the manifest.
        expected: (u32, u32),
        /// As they are.
        actual: (u32, u32),
    },
    /// Another time of last change, in seconds since 1970.
    Mtime {
        /// By the manifest.
        expected: UnixTime,
        /// As it is.
        actual: UnixTime,
    },
    /// Extended attributes that were added, changed or are missing, by name.
    Xattrs {
        /// The names.
        names: Vec<String>,
    },
    /// A symbolic link that leads elsewhere.
    LinkTarget {
        /// By the manifest.
        expected: String,
        /// As it is.
        actual: String,
    },
    /// A device of another number.
    Device {
        /// Major and minor by the manifest.
        expected: (u32, u32),
        /// As they are.
        actual: (u32, u32),
    },
    /// A file of its own that should be another name of `to`.
    HardLink {
        /// The file that it should be.
        to: EntryPath,
    },
    /// More or fewer names than it should have.
    Links {
        /// By the manifest.
        expected: u32,
        /// As it is.
        actual: u64,
    },
    /// It was made immutable, or one that can only be appended to.
    Locked,
    /// Something else is mounted over it.
    MountedOver,
    /// It can't be read.
    Unreadable {
        /// What the system said.
        reason: String,
    },
}

/// The kinds of files, without what is in them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FileKind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link.
    Symlink,
    /// A character device.
    CharDevice,
    /// A block device.
    BlockDevice,
    /// A named pipe.
    Fifo,
    /// A socket.
    Socket,
}

impl FileKind {
    pub(super) fn of(kind: &Kind) -> Self {
        match kind {
            Kind::File { .. } => Self::File,
            Kind::Directory => Self::Directory,
            Kind::Symlink { .. } => Self::Symlink,
            Kind::CharDevice(_) => Self::CharDevice,
            Kind::BlockDevice(_) => Self::BlockDevice,
            Kind::Fifo => Self::Fifo,
            Kind::Socket => Self::Socket,
        }
    }
}

impl fmt::Display for FileKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&match self {
            Self::File => say::golden::kind_file(),
            Self::Directory => say::golden::kind_directory(),
            Self::Symlink => say::golden::kind_symlink(),
            Self::CharDevice => say::golden::kind_char_device(),
            Self::BlockDevice => say::golden::kind_block_device(),
            Self::Fifo => say::golden::kind_fifo(),
            Self::Socket => say::golden::kind_socket(),
        })
    }
}

impl From<DeviceNumber> for (u32, u32) {
    fn from(number: DeviceNumber) -> Self {
        (number.major, number.minor)
    }
}

fn pair((one, other): (u32, u32)) -> String {
    format!("{one}:{other}")
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&match self {
            Self::Missing => say::golden::drift_missing(),
            Self::Added { kind } => say::golden::drift_added(kind.to_string()),
            Self::Kind { expected, actual } => say::golden::DriftKind {
                actual: actual.to_string(),
                expected: expected.to_string(),
            }
            .to_string(),
            Self::Content => say::golden::drift_content(),
            Self::Size { expected, actual } => {
                say::golden::DriftSize { actual, expected }.to_string()
            }
            Self::Mode { expected, actual } => say::golden::DriftMode {
                actual: format!("{actual:04o}"),
                expected: format!("{expected:04o}"),
            }
            .to_string(),
            Self::Owner { expected, actual } => {
                say::golden::DriftOwner { actual: pair(*actual), expected: pair(*expected) }
                    .to_string()
            }
            Self::Mtime { .. } => say::golden::drift_mtime(),
            Self::Xattrs { names } => say::golden::drift_xattrs(names.join(", ")),
            Self::LinkTarget { expected, actual } => {
                say::golden::DriftLinkTarget { actual, expected }.to_string()
            }
            Self::Device { expected, actual } => {
                say::golden::DriftDevice { actual: pair(*actual), expected: pair(*expected) }
                    .to_string()
            }
            Self::HardLink { to } => say::golden::drift_hard_link(to.to_string()),
            Self::Links { expected, actual } => {
                say::golden::DriftLinks { actual, expected }.to_string()
            }
            Self::Locked => say::golden::drift_locked(),
            Self::MountedOver => say::golden::drift_mounted_over(),
            Self::Unreadable { reason } => say::golden::drift_unreadable(reason),
        })
    }
}

impl fmt::Display for Drift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.difference)
    }
}
