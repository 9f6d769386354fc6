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
    pub(super) fn put(&mut self, folder: &OwnedFd, path: &EntryPath) -> Result<(), LiveError> {
        let failed = self.failed(path);
        let name = path.name().unwrap_or_default();
        let there = self.there(folder, path)?;
        let fresh = Node::open(folder, FRESH).map_err(&failed)?;
        let Some(there) = there else {
            renameat(folder, FRESH, folder, name).map_err(|error| failed(error.into()))?;
            return self.did(0);
        };
        if there.is_folder() || fresh.facts.is_folder() {
            return self.exchange(folder, path);
        }
        let replaced = match renameat(folder, FRESH, folder, name) {
            Err(Errno::PERM) => unlocked(folder, name, || renameat(folder, FRESH, folder, name)),
            other => other.map_err(io::Error::from),
        };
        replaced.map_err(&failed)?;
        self.did(0)
    }

    /// The same where one of the two is a folder, which nothing else can replace.
    fn exchange(&mut self, folder: &OwnedFd, path: &EntryPath) -> Result<(), LiveError> {
        let failed = self.failed(path);
        let name = path.name().unwrap_or_default();
        let exchange = || renameat_with(folder, FRESH, folder, name, RenameFlags::EXCHANGE);
        match unlocked(folder, name, exchange) {
            Ok(()) => {
                self.did(0)?;
                return self.clear(folder, FRESH, path);
            }
            // An old kernel: for a moment the name is nobody's.
            Err(error) if is_unknown(&error) => {}
            Err(error) => return Err(failed(error)),
        }
        self.clear(folder, STALE, path)?;
        unlocked(folder, name, || renameat(folder, name, folder, STALE)).map_err(&failed)?;
        self.did(0)?;
        renameat(folder, FRESH, folder, name).map_err(|error| failed(error.into()))?;
        self.did(0)?;
        self.clear(folder, STALE, path)
    }
}

/// Whether the kernel does not know how to exchange two names.
fn is_unknown(error: &io::Error) -> bool {
    matches!(Errno::from_io_error(error), Some(Errno::INVAL | Errno::NOSYS))
}

/// Does what takes a name from something whose flags forbid it. Under its other names it has them
/// afterwards as before.
pub(super) fn unlocked(
    folder: &OwnedFd,
    name: &[u8],
    change: impl FnOnce() -> rustix::io::Result<()>,
) -> io::Result<()> {
    let node = Node::open(folder, name)?;
    let had = node.unlock()?;
    let changed = change();
    node.lock_again(had)?;
    Ok(changed?)
}
