//! How what is wanted is taken: copied from a snapshot, or moved in from a staging tree.
//!
//! A staging tree is whole until nothing is left to do. What is moved in first gets its target's
//! name beside the staged one, so that after a cut anywhere the same changes can be applied again: what
//! is in its place already is known by its inode. Only when everything is in place, and on the disk, is the
//! staging tree marked so and emptied, and each thing keeps the one name.

use std::io;
use std::path::Path;
use std::sync::Arc;

use rustix::fs::{FileType, Mode, mknodat};
use zshield_golden::compare::FileKind;
use zshield_golden::descent::{is_same_mount, listing};
use zshield_golden::{Action, EntryPath, FileError};

use super::Work;
use crate::change::Change;
use crate::error::LiveError;
use crate::node::{InodeMetadata, Node};
use crate::scope::IN_PLACE;

/// Where what is wanted is, and how it is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Take<'a> {
    /// Copied from a snapshot that is mounted there.
    Copy(&'a Path),
    /// Moved in from the staging tree there, on the same mounted filesystem. In it is all that is
    /// written or gets attributes, and each directory of which something is said or whose time
    /// is to be another afterwards. What can't be moved, for its flags forbid that, is copied.
    Move(&'a Path),
}

impl<'a> Take<'a> {
    pub(super) const fn tree(self) -> &'a Path {
        match self {
            Self::Copy(tree) | Self::Move(tree) => tree,
        }
    }
}

/// How far a staging tree has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Staged {
    /// All that is wanted is in it.
    Whole,
    /// All of it is in its place. What is still in it is to go.
    InPlace,
}

impl Work<'_> {
    /// How far the staging tree has come; an error where it can't be moved in from there as it should.
    pub(super) fn staged(&mut self, changes: &[Change]) -> Result<Staged, LiveError> {
        let root = Arc::clone(self.from.root());
        let failed = |error| FileError::at(Action::Read, self.from.name())(error);
        if !is_same_mount(&root, self.to.root()).map_err(failed)? {
            let (staged, system) = (self.from.name().to_owned(), self.to.name().to_owned());
            return Err(LiveError::OtherFilesystem { staged, system });
        }
        if InodeMetadata::at(&root, IN_PLACE).map_err(failed)?.is_some() {
            return Ok(Staged::InPlace);
        }
        for change in changes {
            match change {
                Change::Write { path, kind, .. } | Change::Attributes { path, kind } => {
                    self.require(path, *kind)?;
                }
                Change::Link { .. } | Change::Remove { .. } => {}
            }
        }
        Ok(Staged::Whole)
    }

    /// Whether something of this kind is staged there.
    fn require(&mut self, path: &EntryPath, kind: FileKind) -> Result<(), LiveError> {
        match self.wanted(path) {
            Ok(wanted) if wanted.metadata.kind == kind => Ok(()),
            Ok(_) => Err(LiveError::NotStaged(path.clone())),
            Err(LiveError::File(error)) if error.is_overtaken() => {
                Err(LiveError::NotStaged(path.clone()))
            }
            Err(error) => Err(error),
        }
    }

    /// Whether something that is wanted is taken itself.
    pub(super) fn is_moved(&self, wanted: &Node) -> io::Result<bool> {
        match self.take {
            Take::Copy(_) => Ok(false),
            Take::Move(_) => Ok(!wanted.metadata.is_directory() && !wanted.is_locked()?),
        }
    }

    /// Says of the staging tree, durably, that everything is in its place.
    pub(super) fn mark_in_place(&mut self) -> Result<(), LiveError> {
        let root = Arc::clone(self.from.root());
        let mode = Mode::RUSR | Mode::WUSR;
        mknodat(&root, IN_PLACE, FileType::RegularFile, mode, 0)
            .and_then(|()| rustix::fs::syncfs(&root))
            .map_err(FileError::at(Action::Write, self.from.name()))?;
        self.did(0)
    }

    /// Removes what is left in the staging tree, but for that mark.
    pub(super) fn empty(&mut self) -> Result<(), LiveError> {
        // What is changed now, and named in errors, is that tree.
        std::mem::swap(&mut self.from, &mut self.to);
        let emptied = self.emptied_but_mark();
        std::mem::swap(&mut self.from, &mut self.to);
        emptied?;
        self.made.note_renamed(&mut self.to);
        Ok(())
    }

    fn emptied_but_mark(&mut self) -> Result<(), LiveError> {
        let root = Arc::clone(self.to.root());
        let failed = self.failed(&EntryPath::root());
        for name in listing(&root).map_err(&failed)? {
            if name != IN_PLACE {
                let path = EntryPath::root().join(&name)?;
                self.clear(&root, &name, &path)?;
            }
        }
        rustix::fs::syncfs(&root).map_err(|error| failed(error.into()))
    }
}
