//! What every thing has beside its content.

use std::io;

use rustix::fs::{AtFlags, CWD, IFlags, Mode, Timespec, Timestamps, UTIME_OMIT, XattrFlags};
use rustix::process::{Gid, Uid};
use zshield_golden::compare::FileKind;
use zshield_golden::xattrs::Xattrs;

use crate::node::{Node, Time};

/// All of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Attributes {
    mode: u32,
    owner: (u32, u32),
    pub(crate) mtime: Time,
    xattrs: Xattrs,
    pub(crate) flags: IFlags,
}

impl Attributes {
    pub(crate) fn of(node: &Node) -> io::Result<Self> {
        // Linux gives every symbolic link 0777 and never looks at it.
        let mode = if node.metadata.kind == FileKind::Symlink { 0o777 } else { node.metadata.mode };
        Ok(Self {
            mode,
            owner: node.metadata.owner,
            mtime: node.metadata.mtime,
            xattrs: node.xattrs()?,
            flags: node.flags()?,
        })
    }

    /// Gives all but the flags. Only what differs is set.
    pub(crate) fn set(&self, node: &Node) -> io::Result<()> {
        let (has, path) = (&node.metadata, node.path());
        if has.owner != self.owner {
            let (user, group) = (Uid::from_raw(self.owner.0), Gid::from_raw(self.owner.1));
            rustix::fs::chownat(node.fd(), c"", Some(user), Some(group), AtFlags::EMPTY_PATH)?;
        }
        // What a change of owner has taken away is missing now.
        let found = node.xattrs()?;
        for name in found.keys().filter(|name| !self.xattrs.contains_key(*name)) {
            rustix::fs::removexattr(&*path, name.as_slice())?;
        }
        // After the owner, which takes setuid away; before the ACL, which has a say in the mode.
        if has.kind != FileKind::Symlink {
            rustix::fs::chmod(&*path, Mode::from_raw_mode(self.mode))?;
        }
        for (name, value) in
            self.xattrs.iter().filter(|(name, value)| found.get(*name) != Some(*value))
        {
            rustix::fs::setxattr(&*path, name.as_slice(), value, XattrFlags::empty())?;
        }
        self.set_time(node)
    }

    /// Gives the time of the last change alone.
    pub(crate) fn set_time(&self, node: &Node) -> io::Result<()> {
        let times = Timestamps {
            last_access: Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT },
            last_modification: Timespec { tv_sec: self.mtime.0, tv_nsec: self.mtime.1 },
        };
        Ok(rustix::fs::utimensat(CWD, node.path(), &times, AtFlags::empty())?)
    }
}
