//! What is too much goes.

use std::io;
use std::os::fd::OwnedFd;

use rustix::fs::{AtFlags, unlinkat};
use rustix::io::Errno;
use zshield_golden::EntryPath;
use zshield_golden::descent::open_directory;

use super::Work;
use super::place::unlocked;
use crate::difference::listing;
use crate::error::LiveError;
use crate::node::{InodeMetadata, Node};

impl Work<'_> {
    /// Removes what has a name, and all that is in it, the deepest first; `path` is for errors.
    /// What is mounted there is another's, and stops it, whenever it was mounted.
    /// That there is nothing is well too.
    pub(super) fn clear(
        &mut self,
        directory: &OwnedFd,
        name: &[u8],
        path: &EntryPath,
    ) -> Result<(), LiveError> {
        let failed = self.failed(path);
        let Some(metadata) = InodeMetadata::at(directory, name).map_err(&failed)? else {
            return Ok(());
        };
        let flags = if metadata.is_directory() {
            let inner = open_directory(directory, name).map_err(&failed)?;
            Node::open(&inner, b".").and_then(|node| node.unlock()).map_err(&failed)?;
            for name in listing(&inner).map_err(&failed)? {
                self.clear(&inner, &name, path)?;
            }
            AtFlags::REMOVEDIR
        } else {
            AtFlags::empty()
        };
        let removed = match unlinkat(directory, name, flags) {
            Ok(()) | Err(Errno::NOENT) => Ok(()),
            Err(Errno::PERM) => unlocked(directory, name, || unlinkat(directory, name, flags)),
            Err(error) => Err(io::Error::from(error)),
        };
        removed.map_err(&failed)?;
        self.did(0)
    }
}
