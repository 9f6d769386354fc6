//! One thing in a directory.

use std::os::unix::ffi::OsStrExt as _;

use rustic_core::jiff::Timestamp;
use rustic_core::repofile::{Node, NodeType};

use crate::mode;
use crate::store::ObjectName;

/// A moment, to the nanosecond.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Hash)]
pub struct Time {
    /// Since 1970-01-01 00:00 UTC; before that, below zero.
    pub seconds: i64,
    /// Beyond that second.
    pub nanoseconds: u32,
}

impl From<Timestamp> for Time {
    fn from(time: Timestamp) -> Self {
        let (seconds, nanoseconds) = (time.as_second(), time.subsec_nanosecond());
        // Before 1970 both are below zero.
        match u32::try_from(nanoseconds) {
            Ok(nanoseconds) => Self { seconds, nanoseconds },
            Err(_) => Self {
                seconds: seconds - 1,
                nanoseconds: 1_000_000_000 - nanoseconds.unsigned_abs(),
            },
        }
    }
}

/// What a thing is, and what only such a thing has.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A regular file, of these contents one behind the other.
    File(Vec<ObjectName>),
    /// A directory, of this tree.
    Directory(ObjectName),
    /// A symbolic link, to there.
    Symlink(Vec<u8>),
    /// A block device of this number, as `st_rdev` has it.
    Block(u64),
    /// A character device, likewise.
    Char(u64),
    /// A named pipe.
    Fifo,
    /// A socket.
    Socket,
}

/// One thing in a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// As the filesystem had it.
    pub name: Vec<u8>,
    /// What it is.
    pub kind: Kind,
    /// The twelve bits that `chmod` sets.
    pub mode: u32,
    /// The owner.
    pub uid: u32,
    /// The group.
    pub gid: u32,
    /// When its content changed last.
    pub mtime: Time,
    /// When anything of it changed last.
    pub ctime: Time,
    /// Bytes of a file, as whoever copied it noted.
    pub size: u64,
    /// How many names it had.
    pub links: u64,
    /// The number that it had on its filesystem; 0 where nobody noted it.
    pub inode: u64,
    /// That filesystem.
    pub filesystem: u64,
    /// Full name and value of each extended attribute, but for [`FLAGS`].
    pub xattrs: Vec<(Vec<u8>, Vec<u8>)>,
    /// What `chattr` sets, where whoever copied it noted that.
    pub flags: u32,
}

/// Restic's format has no place for what `chattr` sets. It is noted as an extended attribute of this name: four bytes,
/// the lowest first, as `FS_IOC_GETFLAGS` counts them.
pub const FLAGS: &str = "trusted.zshield.flags";

fn flags(node: &Node) -> u32 {
    let mut all = node.meta.extended_attributes.iter();
    let noted = all.find(|xattr| xattr.name == FLAGS).and_then(|xattr| xattr.value.as_deref());
    noted.and_then(|value| value.first_chunk()).map_or(0, |value| u32::from_le_bytes(*value))
}

impl Entry {
    /// Nothing where the node lacks what a thing of its kind has.
    pub(crate) fn of(node: &Node) -> Option<Self> {
        let name = |id: &dyn std::fmt::Display| ObjectName::parse(id.to_string().as_bytes());
        let kind = match &node.node_type {
            NodeType::File => {
                let parts = node.content.iter().flatten();
                let names = parts.map(|id| name(&id.to_hex().as_str()));
                Kind::File(names.collect::<Option<_>>()?)
            }
            NodeType::Dir => Kind::Directory(name(&node.subtree?.to_hex().as_str())?),
            NodeType::Symlink { .. } => {
                Kind::Symlink(node.node_type.to_link().as_os_str().as_bytes().to_vec())
            }
            NodeType::Dev { device } => Kind::Block(*device),
            NodeType::Chardev { device } => Kind::Char(*device),
            NodeType::Fifo => Kind::Fifo,
            NodeType::Socket => Kind::Socket,
        };
        let own = node.name().as_bytes().to_vec();
        let is_name = !own.is_empty() && own != b"." && own != b"..";
        let is_name = is_name && !own.iter().any(|byte| matches!(byte, b'/' | 0));
        let meta = &node.meta;
        let xattrs = meta.extended_attributes.iter().filter(|xattr| xattr.name != FLAGS);
        let xattrs = xattrs
            .map(|xattr| (xattr.name.as_bytes().to_vec(), xattr.value.clone().unwrap_or_default()));
        is_name.then(|| Self {
            name: own,
            kind,
            mode: mode::from_go(meta.mode.unwrap_or(0)),
            uid: meta.uid.unwrap_or(0),
            gid: meta.gid.unwrap_or(0),
            mtime: meta.mtime.map(Time::from).unwrap_or_default(),
            ctime: meta.ctime.or(meta.mtime).map(Time::from).unwrap_or_default(),
            size: meta.size,
            links: meta.links,
            inode: meta.inode,
            filesystem: meta.device_id,
            xattrs: xattrs.collect(),
            flags: flags(node),
        })
    }

    /// The tree of a directory; nothing of anything else.
    pub(crate) const fn directory(&self) -> Option<ObjectName> {
        match self.kind {
            Kind::Directory(tree) => Some(tree),
            Kind::File(_)
            | Kind::Symlink(_)
            | Kind::Block(_)
            | Kind::Char(_)
            | Kind::Fifo
            | Kind::Socket => None,
        }
    }

    /// Whether it is a directory.
    pub const fn is_directory(&self) -> bool {
        matches!(self.kind, Kind::Directory(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(json: serde_json::Value) -> Option<Entry> {
        let node: Node = serde_json::from_value(json).unwrap();
        Entry::of(&node)
    }

    #[test]
    fn modes_names_and_times_are_as_linux_has_them() {
        let json = serde_json::json!({
            "name": "a\\xff\\n", "type": "file", "mode": (1_u32 << 23) | (1 << 20) | 0o751,
            "mtime": "1969-12-31T23:59:58.25Z", "content": null,
        });
        let entry = entry(json).unwrap();
        assert_eq!(entry.name, b"a\xff\n");
        assert_eq!(entry.mode, 0o5751);
        assert_eq!(entry.mtime, Time { seconds: -2, nanoseconds: 250_000_000 });
        assert_eq!(entry.kind, Kind::File(Vec::new()));
    }

    #[test]
    fn what_would_lead_out_of_its_directory_is_no_name() {
        for name in ["", ".", "..", "../etc", "a/b", "/", "a\\x00b"] {
            assert_eq!(entry(serde_json::json!({ "name": name, "type": "fifo" })), None, "{name}");
        }
        assert!(entry(serde_json::json!({ "name": "...", "type": "fifo" })).is_some());
    }

    #[test]
    fn a_directory_without_a_tree_is_none() {
        assert_eq!(entry(serde_json::json!({ "name": "a", "type": "dir" })), None);
    }
}
