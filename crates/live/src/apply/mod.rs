//! Making a running system equal to a snapshot, or to a staging tree, change by change.

mod made;
mod make;
mod place;
mod remove;
mod take;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::ops::ControlFlow;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::Arc;

use zshield_golden::descent::Descent;
use zshield_golden::{Action, EntryPath, FileError};

use crate::attributes::Attributes;
use crate::change::Change;
use crate::difference::Difference;
use crate::error::LiveError;
use crate::node::{InodeMetadata, Node};
use crate::scope::{Scope, ScopePosition};
pub use made::{Made, StillDiffers};
use take::Staged;
pub use take::Take;

/// What comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// What is missing is there before what is too much goes.
    WriteFirst,
    /// What is too much makes room for what is missing.
    RemoveFirst,
}

/// Told of each single operation on the running system, with the bytes that it wrote. Breaking
/// off leaves the rest undone.
pub type Told<'a> = &'a mut dyn FnMut(u64) -> ControlFlow<()>;

/// Does what a difference says to the running system at `to`. All of it is on the disk afterwards.
/// What went away since it was compared is passed over: a later comparison shows it.
///
/// After a cut the rest of a copy is a new difference. What is moved in is never compared again: the same
/// changes, applied again, end in the same tree, be it cut off before, in or after it.
pub fn apply(
    difference: &Difference,
    take: Take<'_>,
    to: &Path,
    scope: &Scope,
    order: Order,
    told: Told<'_>,
) -> Result<Made, LiveError> {
    let mut work = Work {
        take,
        from: Descent::unmounted(take.tree())?,
        to: Descent::unmounted(to)?,
        scope,
        told,
        directories: BTreeMap::new(),
        flagged: BTreeSet::new(),
        made: Made::default(),
    };
    let changes = &difference.changes;
    match take {
        Take::Copy(_) => work.all(changes, order)?,
        Take::Move(_) => {
            if work.staged(changes)? == Staged::Whole {
                work.all(changes, order)?;
                work.mark_in_place()?;
            }
            work.empty()?;
        }
    }
    Ok(work.made)
}

/// What came of a change. Where somebody else has removed or filled its place meanwhile, the next
/// comparison shows that.
fn unless_overtaken(result: Result<(), LiveError>) -> Result<(), LiveError> {
    match result {
        Err(LiveError::File(error)) if error.is_overtaken() => Ok(()),
        other => other,
    }
}

/// What a directory is given when nothing in it changes any more.
enum Finish {
    /// What the snapshot's has.
    AsWanted,
    /// What it had itself, for nobody asked for it.
    AsBefore(Attributes),
}

struct Work<'a> {
    take: Take<'a>,
    from: Descent,
    to: Descent,
    scope: &'a Scope,
    told: Told<'a>,
    directories: BTreeMap<EntryPath, Finish>,
    /// What gets flags of the snapshot's at the end.
    flagged: BTreeSet<EntryPath>,
    made: Made,
}

impl Work<'_> {
    /// Does all changes; at the end they are on the disk.
    fn all(&mut self, changes: &[Change], order: Order) -> Result<(), LiveError> {
        if order == Order::RemoveFirst {
            self.remove(changes)?;
        }
        for change in changes {
            match change {
                Change::Write { path, .. } => unless_overtaken(self.write(path))?,
                Change::Attributes { path, .. } => unless_overtaken(self.attributes(path))?,
                Change::Link { .. } | Change::Remove { .. } => {}
            }
        }
        for change in changes {
            if let Change::Link { path, to } = change {
                unless_overtaken(self.link(path, to))?;
            }
        }
        if order == Order::WriteFirst {
            self.remove(changes)?;
        }
        self.finish()
    }

    /// Tells of an operation.
    fn did(&mut self, bytes: u64) -> Result<(), LiveError> {
        match (self.told)(bytes) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(LiveError::Stopped),
        }
    }

    /// A closure that names the file of the running system that an error happened to.
    fn failed(&self, path: &EntryPath) -> impl Fn(io::Error) -> LiveError + use<> {
        let full = self.to.name().join(path.as_path());
        move |error| FileError::at(Action::Write, &full)(error).into()
    }

    /// What the snapshot has there.
    fn wanted(&mut self, path: &EntryPath) -> Result<Node, LiveError> {
        let directory = self.from.directory(&path.parent().unwrap_or_default())?;
        let node = Node::open(&directory, path.name().unwrap_or(b"."));
        let full = self.from.name().join(path.as_path());
        Ok(node.map_err(FileError::at(Action::Read, full))?)
    }

    /// A directory of the running system in which something is about to change.
    fn touched(&mut self, path: &EntryPath) -> Result<Arc<OwnedFd>, LiveError> {
        let directory = self.to.directory(path)?;
        if !self.directories.contains_key(path) {
            let failed = self.failed(path);
            let node = Node::open(&directory, b".").map_err(&failed)?;
            // Of a directory that only stays for what is kept in it, the snapshot knows nothing.
            let finish = if self.scope.place(path) == ScopePosition::Inside
                && self.from.directory(path).is_ok()
            {
                Finish::AsWanted
            } else {
                Finish::AsBefore(Attributes::of(&node).map_err(&failed)?)
            };
            node.unlock().map_err(&failed)?;
            self.directories.insert(path.clone(), finish);
        }
        Ok(directory)
    }

    fn remove(&mut self, changes: &[Change]) -> Result<(), LiveError> {
        for change in changes {
            if let Change::Remove { path, .. } = change {
                unless_overtaken(self.remove_one(path))?;
            }
        }
        Ok(())
    }

    fn remove_one(&mut self, path: &EntryPath) -> Result<(), LiveError> {
        let directory = self.touched(&path.parent().unwrap_or_default())?;
        self.clear(&directory, path.name().unwrap_or_default(), path)?;
        self.made.note(path, None);
        Ok(())
    }

    /// Notes what has this name now that it was made.
    fn note(&mut self, path: &EntryPath) -> Result<(), LiveError> {
        let directory = self.to.directory(&path.parent().unwrap_or_default())?;
        let found = InodeMetadata::at(&directory, path.name().unwrap_or(b"."));
        let found = found.map_err(self.failed(path))?;
        self.made.note(path, found);
        Ok(())
    }

    /// Gives something the attributes that it has in the snapshot; a directory gets its own at the
    /// end.
    fn attributes(&mut self, path: &EntryPath) -> Result<(), LiveError> {
        let wanted = self.wanted(path)?;
        if wanted.metadata.is_directory() {
            self.touched(path)?;
            return Ok(());
        }
        let failed = self.failed(path);
        let directory = self.to.directory(&path.parent().unwrap_or_default())?;
        let node = Node::open(&directory, path.name().unwrap_or_default()).map_err(&failed)?;
        let attributes = Attributes::of(&wanted).map_err(&failed)?;
        node.unlock().and_then(|_| attributes.set(&node)).map_err(&failed)?;
        self.flagged.insert(path.clone());
        self.note(path)?;
        self.did(0)
    }

    /// Directories, the deepest first; then flags, which forbid what went before; then the disk.
    fn finish(&mut self) -> Result<(), LiveError> {
        let directories = std::mem::take(&mut self.directories);
        for (path, finish) in directories.iter().rev() {
            unless_overtaken(self.finish_directory(path, finish))?;
        }
        for path in std::mem::take(&mut self.flagged) {
            let flags = self.wanted(&path)?.flags().map_err(self.failed(&path))?;
            unless_overtaken(self.flag(&path, flags))?;
        }
        for (path, finish) in directories.iter().rev() {
            let flags = match finish {
                Finish::AsBefore(before) => before.flags,
                Finish::AsWanted => self.wanted(path)?.flags().map_err(self.failed(path))?,
            };
            unless_overtaken(self.flag(path, flags))?;
        }
        rustix::fs::syncfs(self.to.root())
            .map_err(|error| self.failed(&EntryPath::root())(error.into()))
    }

    fn finish_directory(&mut self, path: &EntryPath, finish: &Finish) -> Result<(), LiveError> {
        let failed = self.failed(path);
        let attributes = match finish {
            Finish::AsBefore(before) => before.clone(),
            Finish::AsWanted => Attributes::of(&self.wanted(path)?).map_err(&failed)?,
        };
        let directory = self.to.directory(path)?;
        let node = Node::open(&directory, b".").map_err(&failed)?;
        attributes.set(&node).map_err(&failed)?;
        self.note(path)?;
        self.did(0)
    }

    fn flag(&mut self, path: &EntryPath, flags: rustix::fs::IFlags) -> Result<(), LiveError> {
        let directory = self.to.directory(&path.parent().unwrap_or_default())?;
        let name = path.name().unwrap_or(b".");
        let node = Node::open(&directory, name);
        node.and_then(|node| node.set_flags(flags)).map_err(self.failed(path))?;
        self.note(path)?;
        self.did(0)
    }

    /// What the running system has under a name now.
    fn there(
        &self,
        directory: &OwnedFd,
        path: &EntryPath,
    ) -> Result<Option<InodeMetadata>, LiveError> {
        InodeMetadata::at(directory, path.name().unwrap_or_default()).map_err(self.failed(path))
    }
}
