//! What was made takes its place.

use std::io;
use std::os::fd::OwnedFd;

use rustix::fs::{RenameFlags, renameat, renameat_with};
use rustix::io::Errno;
use zshield_golden::EntryPath;

use super::Work;
use crate::error::LiveError;
use crate::node::Node;
use crate::scope::{FRESH, STALE};

impl Work<'_> {
    /// Gives what was made the name that it is for. What had it before goes.
    pub(super) fn put(&mut self, directory: &OwnedFd, path: &EntryPath) -> Result<(), LiveError> {
        let failed = self.failed(path);
        let name = path.name().unwrap_or_default();
        let there = self.there(directory, path)?;
        let fresh = Node::open(directory, FRESH).map_err(&failed)?;
        let Some(there) = there else {
            renameat(directory, FRESH, directory, name).map_err(|error| failed(error.into()))?;
            return self.did(0);
        };
        if there.is_inode_of(&fresh.metadata) {
            // Of two names of one file, renaming one to the other removes neither.
            return self.clear(directory, FRESH, path);
        }
        if there.is_directory() || fresh.metadata.is_directory() {
            return self.exchange(directory, path);
        }
        let replaced = match renameat(directory, FRESH, directory, name) {
            Err(Errno::PERM) => {
                unlocked(directory, name, || renameat(directory, FRESH, directory, name))
            }
            other => other.map_err(io::Error::from),
        };
        replaced.map_err(&failed)?;
        self.did(0)
    }

    /// The same where one of the two is a directory, which nothing else can replace.
    fn exchange(&mut self, directory: &OwnedFd, path: &EntryPath) -> Result<(), LiveError> {
        let failed = self.failed(path);
        let name = path.name().unwrap_or_default();
        let exchange = || renameat_with(directory, FRESH, directory, name, RenameFlags::EXCHANGE);
        match unlocked(directory, name, exchange) {
            Ok(()) => {
                self.did(0)?;
                return self.clear(directory, FRESH, path);
            }
            // An old kernel: for a moment the name is nobody's.
            Err(error) if is_unknown(&error) => {}
            Err(error) => return Err(failed(error)),
        }
        self.clear(directory, STALE, path)?;
        unlocked(directory, name, || renameat(directory, name, directory, STALE))
            .map_err(&failed)?;
        self.did(0)?;
        renameat(directory, FRESH, directory, name).map_err(|error| failed(error.into()))?;
        self.did(0)?;
        self.clear(directory, STALE, path)
    }
}

/// Whether the kernel does not know how to exchange two names.
fn is_unknown(error: &io::Error) -> bool {
    matches!(Errno::from_io_error(error), Some(Errno::INVAL | Errno::NOSYS))
}

/// Does what takes a name from something whose flags forbid it. Under its other names it has them
/// afterwards as before.
pub(super) fn unlocked(
    directory: &OwnedFd,
    name: &[u8],
    change: impl FnOnce() -> rustix::io::Result<()>,
) -> io::Result<()> {
    let node = Node::open(directory, name)?;
    let had = node.unlock()?;
    let changed = change();
    node.lock_again(had)?;
    Ok(changed?)
}
