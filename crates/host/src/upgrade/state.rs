//! An entry of a manifest as decisions of an upgrade see it, and back.

use zshield_golden::manifest::{self, DeviceNumber, Entry, Node};
use zshield_golden::xattrs::LABEL;
use zshield_golden::{Digest, EntryPath, escape, unescape};
use zshield_plan::upgrade::file::{Attributes, FileState, Kind};
use zshield_plan::upgrade::path::SystemPath;
use zshield_units::UnixTime;

use super::UpgradeError;

/// The types of special files, as `st_mode` has them.
pub(super) const CHARACTER: u32 = 0o020_000;
pub(super) const BLOCK: u32 = 0o060_000;
pub(super) const FIFO: u32 = 0o010_000;
pub(super) const SOCKET: u32 = 0o140_000;

/// What a manifest says of a path.
pub fn file_state(entry: &Entry) -> Result<FileState, UpgradeError> {
    let (attributes, kind) = match &entry.node {
        // What a further name is like says the first one.
        Node::HardLink { to } => {
            let kind = Kind::Link { to: SystemPath::new(to.to_string())? };
            return Ok(FileState {
                kind,
                attributes: Attributes::default(),
                label: None,
                mtime: UnixTime(0),
            });
        }
        Node::Inode { attributes, kind } => (attributes, kind),
    };
    let special = |format, number: DeviceNumber| Kind::Special {
        format,
        number: (number.major, number.minor),
    };
    let none = DeviceNumber { major: 0, minor: 0 };
    let kind = match kind {
        manifest::Kind::File { size, digest, .. } => {
            Kind::File { digest: digest.bytes(), size: *size }
        }
        manifest::Kind::Directory => Kind::Directory,
        manifest::Kind::Symlink { target } => Kind::Symlink { target: escape(target) },
        manifest::Kind::CharDevice(number) => special(CHARACTER, *number),
        manifest::Kind::BlockDevice(number) => special(BLOCK, *number),
        manifest::Kind::Fifo => special(FIFO, none),
        manifest::Kind::Socket => special(SOCKET, none),
    };
    let mut xattrs = attributes.xattrs.clone();
    let label = xattrs.remove(LABEL.as_bytes());
    Ok(FileState {
        kind,
        attributes: Attributes {
            mode: attributes.mode,
            owner: (attributes.uid, attributes.gid),
            xattrs: xattrs.into_iter().map(|(name, value)| (escape(&name), value)).collect(),
        },
        label,
        mtime: attributes.mtime,
    })
}

/// The state as a manifest would have it. Of what has its content already no content is asked for.
pub fn node(state: &FileState, with_content: bool) -> Result<Node, UpgradeError> {
    let FileState { kind, attributes, label, mtime } = state;
    let kind = match kind {
        Kind::Link { to } => return Ok(Node::HardLink { to: entry_path(to)? }),
        Kind::File { digest, size } if with_content => {
            manifest::Kind::File { size: *size, digest: Digest::of_bytes(*digest), links: 1 }
        }
        Kind::File { .. } => manifest::Kind::File { size: 0, digest: Digest::of(&[]), links: 1 },
        Kind::Directory => manifest::Kind::Directory,
        Kind::Symlink { target } => manifest::Kind::Symlink { target: unescape(target)? },
        Kind::Special { format, number: (major, minor) } => {
            let number = DeviceNumber { major: *major, minor: *minor };
            match *format {
                CHARACTER => manifest::Kind::CharDevice(number),
                BLOCK => manifest::Kind::BlockDevice(number),
                SOCKET => manifest::Kind::Socket,
                _ => manifest::Kind::Fifo,
            }
        }
    };
    let named = attributes.xattrs.iter().map(|(name, value)| Ok((unescape(name)?, value.clone())));
    let mut xattrs = named.collect::<Result<std::collections::BTreeMap<_, _>, UpgradeError>>()?;
    xattrs.extend(label.iter().map(|label| (LABEL.as_bytes().to_vec(), label.clone())));
    let (uid, gid) = attributes.owner;
    let attributes =
        manifest::Attributes { mode: attributes.mode, uid, gid, mtime: *mtime, xattrs };
    Ok(Node::Inode { attributes, kind })
}

/// A path of decisions as trees have it.
pub(super) fn entry_path(path: &SystemPath) -> Result<EntryPath, UpgradeError> {
    Ok(path.as_str().parse()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(path: &str, kind: manifest::Kind) -> Entry {
        let xattrs = [("security.selinux", "a_label"), ("user.x%", "1")]
            .map(|(name, value)| (name.as_bytes().to_vec(), value.as_bytes().to_vec()));
        let attributes = manifest::Attributes {
            mode: 0o4755,
            uid: 3,
            gid: 4,
            mtime: UnixTime(9),
            xattrs: xattrs.into(),
        };
        Entry { path: path.parse().unwrap(), node: Node::Inode { attributes, kind } }
    }

    #[test]
    fn what_a_manifest_says_is_the_same_again() {
        let number = DeviceNumber { major: 8, minor: 1 };
        for kind in [
            manifest::Kind::File { size: 3, digest: Digest::of(b"abc"), links: 1 },
            manifest::Kind::Directory,
            manifest::Kind::Symlink { target: b"a\xff%b".to_vec() },
            manifest::Kind::CharDevice(number),
            manifest::Kind::BlockDevice(number),
            manifest::Kind::Fifo,
            manifest::Kind::Socket,
        ] {
            let entry = entry("a", kind);
            let state = file_state(&entry).unwrap();
            assert_eq!(state.label.as_deref(), Some(b"a_label".as_slice()));
            assert_eq!(node(&state, true).unwrap(), entry.node);
        }
        let link = Node::HardLink { to: "a".parse().unwrap() };
        let state = file_state(&Entry { path: "b".parse().unwrap(), node: link.clone() }).unwrap();
        assert_eq!(node(&state, true).unwrap(), link);
    }
}
