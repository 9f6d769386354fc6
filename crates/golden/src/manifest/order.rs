//! The rules that hold between entries; reader and writer keep the same ones.

use std::collections::HashSet;

use super::entry::{Entry, Kind, Node};
use super::problem::Problem;
use crate::path::EntryPath;

/// Takes entries one after the other and refuses the first that breaks a rule: the root comes
/// first, paths ascend, directories stand before what is in them, hard links name an earlier file.
///
/// Memory is bounded by the depth of the tree and the number of files with several names.
#[derive(Default)]
pub(super) struct Order {
    last: Option<EntryPath>,
    /// The directories that the next entry may be in, outermost first.
    directories: Vec<EntryPath>,
    /// Files with several names, which hard links may name.
    linked: HashSet<EntryPath>,
    /// How many entries there were.
    pub(super) entries: u64,
    /// How many bytes are in the files.
    pub(super) bytes: u64,
}

impl Order {
    pub(super) fn accept(&mut self, entry: &Entry) -> Result<(), Problem> {
        let path = &entry.path;
        self.ascends(path)?;
        self.is_in_a_directory(path)?;
        match &entry.node {
            Node::HardLink { to } => {
                if !self.linked.contains(to) {
                    return Err(Problem::LinkTarget { path: path.clone(), to: to.clone() });
                }
            }
            Node::Inode { kind: Kind::Directory, .. } => self.directories.push(path.clone()),
            Node::Inode { kind: Kind::File { size, links, .. }, .. } => {
                self.bytes = self.bytes.checked_add(*size).ok_or(Problem::Totals)?;
                if *links > 1 {
                    self.linked.insert(path.clone());
                }
            }
            Node::Inode { .. } => {}
        }
        if path.is_root() && self.directories.is_empty() {
            return Err(Problem::RootFirst);
        }
        self.entries += 1;
        self.last = Some(path.clone());
        Ok(())
    }

    fn ascends(&self, path: &EntryPath) -> Result<(), Problem> {
        match &self.last {
            None if path.is_root() => Ok(()),
            None => Err(Problem::RootFirst),
            Some(last) if last < path => Ok(()),
            Some(last) if last == path => Err(Problem::Twice { path: path.clone() }),
            Some(_) => Err(Problem::Order { path: path.clone() }),
        }
    }

    fn is_in_a_directory(&mut self, path: &EntryPath) -> Result<(), Problem> {
        let Some(parent) = path.parent() else { return Ok(()) };
        // Since paths ascend, a parent that is no directory is the very entry before.
        if self.last.as_ref() == Some(&parent) && self.directories.last() != Some(&parent) {
            return Err(Problem::ParentNoDirectory { path: path.clone() });
        }
        while self.directories.last().is_some_and(|directory| *directory != parent) {
            self.directories.pop();
        }
        if self.directories.is_empty() {
            return Err(Problem::NoParent { path: path.clone() });
        }
        Ok(())
    }
}
