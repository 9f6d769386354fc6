//! Something of the snapshot made in the running system, beside its place.

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;

use rustix::fs::{FileType, Mode, OFlags};
use zshield_golden::EntryPath;
use zshield_golden::compare::FileKind;
use zshield_golden::holes::{data_from, fill};

use super::Work;
use crate::attributes::Attributes;
use crate::error::LiveError;
use crate::node::Node;
use crate::scope::{FRESH, STALE};

/// Read and written at a time.
const BUFFER: usize = 256 << 10;
/// Until its owner is the right one, a thing is nobody else's.
const PRIVATE: Mode = Mode::RUSR.union(Mode::WUSR);

impl Work<'_> {
    /// Makes what the snapshot has at a path, with all its attributes, and puts it in its place.
    pub(super) fn write(&mut self, path: &EntryPath) -> Result<(), LiveError> {
        let wanted = self.wanted(path)?;
        let directory = self.cleared(path)?;
        if wanted.metadata.is_directory() && self.is_directory(&directory, path)? {
            // An earlier run has made it, and what has come into it stays.
            self.touched(path)?;
            return Ok(());
        }
        let failed = self.failed(path);
        if self.is_moved(&wanted).map_err(&failed)? {
            self.linked(&wanted, &directory, path)?;
            self.put(&directory, path)?;
            return self.note(path);
        }
        self.made(&wanted, &directory, path)?;
        let fresh = Node::open(&directory, FRESH).map_err(&failed)?;
        let attributes = Attributes::of(&wanted).map_err(&failed)?;
        attributes.set(&fresh).map_err(&failed)?;
        self.did(0)?;
        self.put(&directory, path)?;
        self.note(path)?;
        if wanted.metadata.is_directory() {
            // What comes into it changes its time.
            self.directories.insert(path.clone(), super::Finish::AsWanted);
        } else if fresh.flags().map_err(&failed)? != attributes.flags {
            // Some it has of its directory, as whatever is made in it.
            self.flagged.insert(path.clone());
        }
        Ok(())
    }

    /// The directory of a path, without what an earlier run may have left when it was cut off: something
    /// half made, or what that took the place of.
    fn cleared(&mut self, path: &EntryPath) -> Result<Arc<OwnedFd>, LiveError> {
        let directory = self.touched(&path.parent().unwrap_or_default())?;
        for name in [FRESH, STALE] {
            self.clear(&directory, name, path)?;
        }
        Ok(directory)
    }

    fn is_directory(&self, directory: &OwnedFd, path: &EntryPath) -> Result<bool, LiveError> {
        Ok(self.there(directory, path)?.is_some_and(|there| there.is_directory()))
    }

    fn made(
        &mut self,
        wanted: &Node,
        directory: &OwnedFd,
        path: &EntryPath,
    ) -> Result<(), LiveError> {
        let failed = self.failed(path);
        let special = |kind: FileType| {
            let made = rustix::fs::mknodat(directory, FRESH, kind, PRIVATE, wanted.metadata.number);
            made.map_err(io::Error::from)
        };
        match wanted.metadata.kind {
            FileKind::File => return self.copied(wanted, directory, path),
            FileKind::Directory => {
                rustix::fs::mkdirat(directory, FRESH, Mode::RWXU).map_err(io::Error::from)
            }
            FileKind::Symlink => wanted.target().and_then(|target| {
                rustix::fs::symlinkat(target.as_slice(), directory, FRESH).map_err(io::Error::from)
            }),
            FileKind::CharDevice => special(FileType::CharacterDevice),
            FileKind::BlockDevice => special(FileType::BlockDevice),
            FileKind::Fifo => special(FileType::Fifo),
            FileKind::Socket => special(FileType::Socket),
        }
        .map_err(failed)?;
        self.did(0)
    }

    /// A regular file with its content. Blocks of nothing but zeros take no room.
    fn copied(
        &mut self,
        wanted: &Node,
        directory: &OwnedFd,
        path: &EntryPath,
    ) -> Result<(), LiveError> {
        let failed = self.failed(path);
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW;
        let opened = rustix::fs::openat(directory, FRESH, flags | OFlags::CLOEXEC, PRIVATE);
        let file = File::from(opened.map_err(|error| failed(error.into()))?);
        self.did(0)?;
        let source = wanted.reader().map_err(&failed)?;
        let (mut buffer, mut at) = (vec![0; BUFFER], 0);
        while let Some(data) = data_from(&source, at).map_err(&failed)? {
            let length = fill(&source, &mut buffer, data).map_err(&failed)?;
            if length == 0 {
                break;
            }
            if buffer[..length].iter().any(|byte| *byte != 0) {
                file.write_all_at(&buffer[..length], data).map_err(&failed)?;
            }
            at = data + length as u64;
            self.did(length as u64)?;
        }
        file.set_len(wanted.metadata.size).map_err(failed)
    }

    /// Makes a name one more of those that a file has.
    pub(super) fn link(&mut self, path: &EntryPath, to: &EntryPath) -> Result<(), LiveError> {
        let failed = self.failed(path);
        let from_directory = self.to.directory(&to.parent().unwrap_or_default())?;
        let directory = self.cleared(path)?;
        let node = Node::open(&from_directory, to.name().unwrap_or_default()).map_err(&failed)?;
        if !node.flags().map_err(&failed)?.is_empty() {
            node.unlock().map_err(&failed)?;
            self.flagged.insert(to.clone());
        }
        self.linked(&node, &directory, path)?;
        self.put(&directory, path)?;
        self.note(to)?;
        self.note(path)
    }

    /// Gives a file one more name: that of what is being made.
    fn linked(
        &mut self,
        node: &Node,
        directory: &OwnedFd,
        path: &EntryPath,
    ) -> Result<(), LiveError> {
        let flags = rustix::fs::AtFlags::SYMLINK_FOLLOW;
        // By its number it is the very file that was looked at.
        rustix::fs::linkat(rustix::fs::CWD, node.path(), directory, FRESH, flags)
            .map_err(|error| self.failed(path)(error.into()))?;
        self.did(0)
    }
}
