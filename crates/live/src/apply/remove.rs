//! What is too much goes.

use std::io;
use std::os::fd::OwnedFd;

use rustix::fs::{AtFlags, renameat, unlinkat};
use rustix::io::Errno;
use zshield_golden::EntryPath;
use zshield_golden::descent::{listing, open_directory};

use super::Work;
use super::place::unlocked;
use crate::error::LiveError;
use crate::node::{InodeMetadata, Node};
use crate::scope::STALE;

/// So deep a directory is entered as it is. What is deeper comes up first: whoever may make a
/// directory makes as many in each other as he likes.
const DEEP: usize = 32;

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
        self.clear_at(directory, name, path, 0)
    }

    fn clear_at(
        &mut self,
        directory: &OwnedFd,
        name: &[u8],
        path: &EntryPath,
        depth: usize,
    ) -> Result<(), LiveError> {
        let failed = self.failed(path);
        let Some(metadata) = InodeMetadata::at(directory, name).map_err(&failed)? else {
            return Ok(());
        };
        let flags = if metadata.is_directory() {
            let inner = self.emptied(directory, name, path)?;
            if depth == DEEP {
                self.clear_deep(&inner, path)?;
            }
            for name in listing(&inner).map_err(&failed)? {
                self.clear_at(&inner, &name, path, depth + 1)?;
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

    /// A directory that is about to be emptied.
    fn emptied(
        &self,
        directory: &OwnedFd,
        name: &[u8],
        path: &EntryPath,
    ) -> Result<OwnedFd, LiveError> {
        let inner = open_directory(directory, name).map_err(self.failed(path))?;
        let unlocked = Node::open(&inner, b".").and_then(|node| node.unlock());
        unlocked.map_err(self.failed(path))?;
        Ok(inner)
    }

    /// Leaves directories in a directory that have no directories in them: each one comes up once.
    fn clear_deep(&mut self, directory: &OwnedFd, path: &EntryPath) -> Result<(), LiveError> {
        let failed = self.failed(path);
        let is_directory = |at: &OwnedFd, name: &[u8]| -> Result<bool, LiveError> {
            let found = InodeMetadata::at(at, name).map_err(&failed)?;
            Ok(found.is_some_and(|found| found.is_directory()))
        };
        let mut ahead: Vec<Vec<u8>> = listing(directory).map_err(&failed)?.into_iter().collect();
        let mut count = 0;
        while let Some(name) = ahead.pop() {
            if !is_directory(directory, &name)? {
                continue;
            }
            let inner = self.emptied(directory, &name, path)?;
            for below in listing(&inner).map_err(&failed)? {
                if is_directory(&inner, &below)? {
                    let up = self.unused(directory, &mut count, path)?;
                    let rename = || renameat(&inner, below.as_slice(), directory, up.as_slice());
                    unlocked(&inner, &below, rename).map_err(&failed)?;
                    self.did(0)?;
                    ahead.push(up);
                }
            }
        }
        Ok(())
    }

    /// A name of ours that nothing has.
    fn unused(
        &self,
        directory: &OwnedFd,
        count: &mut u64,
        path: &EntryPath,
    ) -> Result<Vec<u8>, LiveError> {
        loop {
            let name = [STALE, format!("-{count}").as_bytes()].concat();
            *count += 1;
            if InodeMetadata::at(directory, &name).map_err(self.failed(path))?.is_none() {
                return Ok(name);
            }
        }
    }
}
