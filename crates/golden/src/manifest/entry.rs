//! One file of the payload.

use std::collections::BTreeMap;

use zshield_units::UnixTime;

use crate::digest::Digest;
use crate::path::EntryPath;

/// A file, directory, link or device of the payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Where it is.
    pub path: EntryPath,
    /// What it is.
    pub node: Node,
}

/// A thing of its own, or a second name of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    /// Another name of the file `to`, which stands earlier in the manifest.
    HardLink {
        /// The first name of the file.
        to: EntryPath,
    },
    /// A thing of its own.
    Inode {
        /// Owner, mode and the like.
        attributes: Attributes,
        /// What kind of thing.
        kind: Kind,
    },
}

/// What every kind of file has.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Attributes {
    /// Permissions with setuid, setgid and sticky: the lower 12 bits of `st_mode`.
    pub mode: u16,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// Time of the last change of the content, seconds since 1970.
    pub mtime: UnixTime,
    /// Extended attributes: full name and value, both raw.
    pub xattrs: BTreeMap<Vec<u8>, Vec<u8>>,
}

/// The kinds of files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A regular file.
    File {
        /// Bytes.
        size: u64,
        /// Digest of the content.
        digest: Digest,
        /// How many names it has in the payload, this one included.
        links: u32,
    },
    /// A directory.
    Directory,
    /// A symbolic link.
    Symlink {
        /// What it names: any bytes but NUL. Never followed here.
        target: Vec<u8>,
    },
    /// A character device.
    CharDevice(DeviceNumber),
    /// A block device.
    BlockDevice(DeviceNumber),
    /// A named pipe.
    Fifo,
    /// A socket.
    Socket,
}

/// The number of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeviceNumber {
    /// Which driver.
    pub major: u32,
    /// Which of its devices.
    pub minor: u32,
}
