//! Directories.

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

use lru::LruCache;

use super::contents::Contents;
use super::entry::Entry;
use super::error::ReadError;
use crate::store::ObjectName;

/// A directory, in the order of names.
#[derive(Debug)]
pub struct Tree {
    entries: Vec<Entry>,
}

impl Tree {
    /// Everything in it.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// What has this name, and its position.
    pub fn find(&self, name: &[u8]) -> Option<(usize, &Entry)> {
        let at = self.entries.binary_search_by(|entry| entry.name.as_slice().cmp(name)).ok()?;
        Some((at, &self.entries[at]))
    }

    fn parse(json: &[u8]) -> Option<Self> {
        let tree: rustic_core::repofile::Tree = serde_json::from_slice(json).ok()?;
        let mut entries: Vec<Entry> = tree.nodes.iter().map(Entry::of).collect::<Option<_>>()?;
        // Whoever wrote it ordered them by the names as they are written.
        entries.sort_unstable_by(|one, other| one.name.cmp(&other.name));
        Some(Self { entries })
    }
}

/// The directories of a repository. Those that were looked into last are kept.
pub struct Trees {
    contents: Arc<Contents>,
    kept: Mutex<Kept>,
}

struct Kept {
    cache: LruCache<ObjectName, Arc<Tree>>,
    /// Names in all of them together.
    entries: usize,
}

/// Names that are kept, at some 500 bytes each.
const ENTRIES: usize = 20_000;
/// An empty directory takes room too.
const TREES: NonZeroUsize = NonZeroUsize::new(4096).unwrap();

impl Trees {
    /// Those of a repository.
    pub fn new(contents: Arc<Contents>) -> Self {
        Self { contents, kept: Mutex::new(Kept { cache: LruCache::new(TREES), entries: 0 }) }
    }

    /// The contents that they name.
    pub const fn contents(&self) -> &Arc<Contents> {
        &self.contents
    }

    /// A directory.
    pub fn tree(&self, name: ObjectName) -> Result<Arc<Tree>, ReadError> {
        let lock = || self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(tree) = lock().cache.get(&name) {
            return Ok(Arc::clone(tree));
        }
        let json = self.contents.tree(name)?;
        // It is what it was when it was written: whoever wrote it wrote nonsense.
        let tree = Arc::new(Tree::parse(&json).ok_or(ReadError::Unknown(name))?);
        lock().put(name, Arc::clone(&tree));
        Ok(tree)
    }

    /// What has a path below a directory; nothing where nothing has it.
    pub fn find(&self, below: &Entry, path: &[u8]) -> Result<Option<Entry>, ReadError> {
        let mut found = below.clone();
        for part in path.split(|byte| *byte == b'/').filter(|part| !part.is_empty()) {
            let Some(directory) = found.directory() else { return Ok(None) };
            match self.tree(directory)?.find(part) {
                Some((_, entry)) => found = entry.clone(),
                None => return Ok(None),
            }
        }
        Ok(Some(found))
    }

    /// Everything below a directory, each directory before what is in it. Directories that can't be read
    /// are among what comes, as errors, and the walk goes on.
    pub fn walk(&self, below: &Entry) -> Walk<'_> {
        let waiting = below.directory().map(|tree| (Vec::new(), tree));
        Walk { trees: self, waiting, open: Vec::new() }
    }
}

impl Kept {
    fn put(&mut self, name: ObjectName, tree: Arc<Tree>) {
        self.entries += tree.entries.len();
        if let Some((_, before)) = self.cache.push(name, tree) {
            self.entries -= before.entries.len();
        }
        while self.entries > ENTRIES
            && self.cache.len() > 1
            && let Some((_, oldest)) = self.cache.pop_lru()
        {
            self.entries -= oldest.entries.len();
        }
    }
}

impl fmt::Debug for Trees {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Trees").field(&self.contents).finish()
    }
}

/// Goes through directories. Of each on the way to where it is, it holds the names.
#[derive(Debug)]
pub struct Walk<'a> {
    trees: &'a Trees,
    /// A directory that was told and is entered next.
    waiting: Option<(Vec<u8>, ObjectName)>,
    open: Vec<Open>,
}

#[derive(Debug)]
struct Open {
    path: Vec<u8>,
    tree: Arc<Tree>,
    next: usize,
}

impl Iterator for Walk<'_> {
    /// A path below where the walk began, without a `/` at its start, and what has it.
    type Item = (Vec<u8>, Result<Entry, ReadError>);

    fn next(&mut self) -> Option<Self::Item> {
        if let Some((path, name)) = self.waiting.take() {
            match self.trees.tree(name) {
                Ok(tree) => self.open.push(Open { path, tree, next: 0 }),
                Err(error) => return Some((path, Err(error))),
            }
        }
        loop {
            let open = self.open.last_mut()?;
            let Some(entry) = open.tree.entries.get(open.next).cloned() else {
                self.open.pop();
                continue;
            };
            open.next += 1;
            let mut path = open.path.clone();
            if !path.is_empty() {
                path.push(b'/');
            }
            path.extend_from_slice(&entry.name);
            self.waiting = entry.directory().map(|tree| (path.clone(), tree));
            return Some((path, Ok(entry)));
        }
    }
}
