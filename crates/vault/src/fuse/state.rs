//! What is served, and what was asked of it.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use fuser::{Errno, FileAttr, FileHandle};
use zshield_golden::xattrs::{LABEL, SERVED_LABEL};

use super::Unreadable;
use super::attributes::attributes;
use super::nodes::{Nodes, Position, ROOT};
use crate::read::{Contents, Entry, File, ReadError, Tree, Trees};
use crate::store::ObjectName;

/// What is served.
#[derive(Debug)]
pub(super) struct State {
    trees: Arc<Trees>,
    root: Entry,
    pub(super) nodes: Nodes,
    handles: Mutex<HashMap<u64, Handle>>,
    next: AtomicU64,
    unreadable: Mutex<BTreeMap<Vec<u8>, Arc<ReadError>>>,
}

/// What somebody has open.
#[derive(Debug, Clone)]
pub(super) enum Handle {
    File(Arc<File>),
    Directory(ObjectName, Arc<Tree>),
}

/// Why the kernel gets no answer.
pub(super) enum Failure {
    Errno(Errno),
    Unreadable(ReadError),
}

impl From<ReadError> for Failure {
    fn from(error: ReadError) -> Self {
        Self::Unreadable(error)
    }
}

impl State {
    pub(super) fn new(trees: Arc<Trees>, root: Entry) -> Self {
        Self {
            trees,
            root,
            nodes: Nodes::default(),
            handles: Mutex::default(),
            next: AtomicU64::new(1),
            unreadable: Mutex::default(),
        }
    }

    pub(super) fn unreadable(&self) -> Vec<Unreadable> {
        let all = self.unreadable.lock().unwrap_or_else(PoisonError::into_inner);
        let of = |(path, error): (&Vec<u8>, &Arc<ReadError>)| Unreadable {
            path: path.clone(),
            error: Arc::clone(error),
        };
        all.iter().map(of).collect()
    }

    pub(super) fn contents(&self) -> &Contents {
        self.trees.contents()
    }

    /// What has this number.
    pub(super) fn entry(&self, number: u64) -> Result<Entry, Failure> {
        if number == ROOT {
            return Ok(self.root.clone());
        }
        let position = self.nodes.position(number).ok_or(Failure::Errno(Errno::ENOENT))?;
        let tree = self.trees.tree(position.tree)?;
        tree.entries().get(position.at).cloned().ok_or(Failure::Errno(Errno::ENOENT))
    }

    /// What is in the directory of this number.
    pub(super) fn directory(&self, number: u64) -> Result<(ObjectName, Arc<Tree>), Failure> {
        let directory = self.entry(number)?.directory();
        let name = directory.ok_or(Failure::Errno(Errno::ENOTDIR))?;
        Ok((name, self.trees.tree(name)?))
    }

    /// Its attributes; the root keeps the number that it had.
    pub(super) fn attributes(&self, number: u64) -> Result<FileAttr, Failure> {
        let entry = self.entry(number)?;
        let shown = if number == ROOT && entry.inode > 0 { entry.inode } else { number };
        Ok(attributes(shown, &entry, self.contents()))
    }

    pub(super) fn lookup(&self, parent: u64, name: &[u8]) -> Result<FileAttr, Failure> {
        let (tree, entries) = self.directory(parent)?;
        let (at, entry) = entries.find(name).ok_or(Failure::Errno(Errno::ENOENT))?;
        let number = self.nodes.tell(Position { parent, tree, at }, entry);
        Ok(attributes(number, entry, self.contents()))
    }

    pub(super) fn opened(&self, handle: Handle) -> FileHandle {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        self.handles.lock().unwrap_or_else(PoisonError::into_inner).insert(number, handle);
        FileHandle(number)
    }

    pub(super) fn closed(&self, handle: FileHandle) {
        self.handles.lock().unwrap_or_else(PoisonError::into_inner).remove(&handle.0);
    }

    pub(super) fn handle(&self, handle: FileHandle) -> Option<Handle> {
        self.handles.lock().unwrap_or_else(PoisonError::into_inner).get(&handle.0).cloned()
    }

    pub(super) fn file(&self, handle: FileHandle) -> Result<Arc<File>, Failure> {
        match self.handle(handle) {
            Some(Handle::File(file)) => Ok(file),
            Some(Handle::Directory(..)) | None => Err(Failure::Errno(Errno::EBADF)),
        }
    }

    pub(super) fn listed(&self, handle: FileHandle) -> Result<(ObjectName, Arc<Tree>), Failure> {
        match self.handle(handle) {
            Some(Handle::Directory(name, tree)) => Ok((name, tree)),
            Some(Handle::File(_)) | None => Err(Failure::Errno(Errno::EBADF)),
        }
    }

    /// The value of an attribute.
    pub(super) fn xattr(&self, number: u64, name: &[u8]) -> Result<Vec<u8>, Failure> {
        let wanted = if name == SERVED_LABEL.as_bytes() { LABEL.as_bytes() } else { name };
        let all = self.entry(number)?.xattrs;
        let found = all.into_iter().find(|(name, _)| name == wanted);
        found.map(|(_, value)| value).ok_or(Failure::Errno(Errno::NO_XATTR))
    }

    pub(super) fn xattrs(&self, number: u64) -> Result<Vec<u8>, Failure> {
        let all = self.entry(number)?.xattrs;
        Ok(all.into_iter().flat_map(|(name, _)| name.into_iter().chain([0])).collect())
    }

    /// Remembers what could not be read, and says what the kernel is told.
    pub(super) fn failed(&self, number: u64, failure: Failure) -> Errno {
        match failure {
            Failure::Errno(errno) => errno,
            Failure::Unreadable(error) => {
                let path = self.path(number);
                tracing::warn!("{}: {error}", String::from_utf8_lossy(&path));
                let mut all = self.unreadable.lock().unwrap_or_else(PoisonError::into_inner);
                all.entry(path).or_insert(Arc::new(error));
                Errno::EIO
            }
        }
    }

    /// The path of what has this number, as far up as the kernel knows it.
    pub(super) fn path(&self, number: u64) -> Vec<u8> {
        let mut parts = Vec::new();
        let mut number = number;
        while let Some(position) = self.nodes.position(number) {
            if let Ok(tree) = self.trees.tree(position.tree)
                && let Some(entry) = tree.entries().get(position.at)
            {
                parts.push(entry.name.clone());
            }
            number = position.parent;
        }
        parts.reverse();
        parts.join(&b'/')
    }
}
