//! What is copied: the tree of a mounted backup, as `rustic_core` asks for it.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use ct_codecs::{Base64, Encoder as _};
use jiff::Timestamp;
use rustic_core::repofile::{Metadata, Node, NodeType};
use rustic_core::{
    ErrorKind, ReadSource, ReadSourceEntry, ReadSourceOpen, RusticError, RusticResult,
};
use rustix::fs::{Mode, OFlags};
use walkdir::{DirEntry, WalkDir};

use crate::error::Unread;
use crate::mode;

/// Who is asked before so many bytes are read: it may wait, so that others have the disk.
pub trait Pace: Send + Sync {
    /// About to read these bytes.
    fn about_to_read(&self, bytes: u64);
}

/// Reads as fast as it can.
#[derive(Debug, Clone, Copy)]
pub struct Unpaced;

impl Pace for Unpaced {
    fn about_to_read(&self, _: u64) {}
}

/// The tree below a directory, on its filesystem alone. Paths in the repository begin at the directory: `/etc/passwd`.
#[derive(Clone)]
pub(crate) struct Tree {
    top: PathBuf,
    shared: Arc<Shared>,
}

/// What all readers of a tree have in common.
struct Shared {
    pace: Arc<dyn Pace>,
    things: AtomicU64,
    unread: Mutex<Vec<Unread>>,
}

impl Shared {
    fn note(&self, path: &Path, error: io::Error) {
        let mut unread = self.unread.lock().unwrap_or_else(PoisonError::into_inner);
        unread.push(Unread { path: path.to_owned(), error });
    }
}

impl Tree {
    pub(crate) fn new(top: &Path, pace: Arc<dyn Pace>) -> Self {
        let shared = Shared { pace, things: AtomicU64::new(0), unread: Mutex::default() };
        Self { top: top.to_owned(), shared: Arc::new(shared) }
    }

    /// How many things were handed out that are no directories.
    pub(crate) fn things(&self) -> u64 {
        self.shared.things.load(Ordering::Relaxed)
    }

    /// What could not be read.
    pub(crate) fn unread(&self) -> Vec<Unread> {
        std::mem::take(&mut *self.shared.unread.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl ReadSource for Tree {
    type Open = Content;
    type Iter = Box<dyn Iterator<Item = RusticResult<ReadSourceEntry<Content>>> + Send>;

    fn size(&self) -> RusticResult<Option<u64>> {
        Ok(None)
    }

    fn entries(&self) -> Self::Iter {
        let (top, shared) = (self.top.clone(), Arc::clone(&self.shared));
        let walk = WalkDir::new(&self.top).min_depth(1).same_file_system(true).sort_by_file_name();
        Box::new(walk.into_iter().filter_map(move |entry| {
            let found = entry.map_err(|error| {
                let path = error.path().unwrap_or(&top).to_owned();
                (path, io::Error::from(error))
            });
            let found = found.and_then(|entry| {
                let path = entry.path().to_owned();
                described(&entry, &top, &shared).map_err(|error| (path, error))
            });
            match found {
                Ok(found) => {
                    if !found.node.is_dir() {
                        shared.things.fetch_add(1, Ordering::Relaxed);
                    }
                    Some(Ok(found))
                }
                Err((path, error)) => {
                    shared.note(&path, error);
                    None
                }
            }
        }))
    }
}

/// A thing of the tree with all its attributes.
fn described(
    entry: &DirEntry,
    top: &Path,
    shared: &Arc<Shared>,
) -> io::Result<ReadSourceEntry<Content>> {
    let (found, path) = (entry.metadata()?, entry.path());
    let time = |seconds, nanoseconds| {
        Timestamp::new(seconds, i32::try_from(nanoseconds).unwrap_or_default()).ok()
    };
    let mtime = time(found.mtime(), found.mtime_nsec());
    let hard_linked = found.nlink() > 1 && !found.is_dir();
    let meta = Metadata {
        mode: Some(mode::to_go(found.mode())),
        mtime,
        // Each reading would change the directory's content else.
        atime: mtime,
        ctime: time(found.ctime(), found.ctime_nsec()),
        uid: Some(found.uid()),
        gid: Some(found.gid()),
        user: None,
        group: None,
        inode: found.ino(),
        // The number of a snapshot's device is another one each day.
        device_id: u64::from(hard_linked),
        size: if found.is_file() { found.len() } else { 0 },
        links: if found.is_dir() { 0 } else { found.nlink() },
        extended_attributes: zshield_golden::xattrs::read(path)?
            .into_iter()
            .map(|(name, value)| xattr(name, value))
            .collect::<io::Result<_>>()?,
    };
    let node = Node::new_node(entry.file_name(), node_type(path, &found)?, meta);
    let open = found.is_file().then(|| Content {
        path: path.to_owned(),
        size: found.len(),
        shared: Arc::clone(shared),
    });
    let relative = path.strip_prefix(top).map_err(io::Error::other)?;
    Ok(ReadSourceEntry { path: Path::new("/").join(relative), node, open })
}

fn node_type(path: &Path, found: &std::fs::Metadata) -> io::Result<NodeType> {
    let kind = found.file_type();
    Ok(if kind.is_dir() {
        NodeType::Dir
    } else if kind.is_symlink() {
        NodeType::from_link(&std::fs::read_link(path)?)
    } else if kind.is_block_device() {
        NodeType::Dev { device: found.rdev() }
    } else if kind.is_char_device() {
        NodeType::Chardev { device: found.rdev() }
    } else if kind.is_fifo() {
        NodeType::Fifo
    } else if kind.is_socket() {
        NodeType::Socket
    } else {
        NodeType::File
    })
}

/// An extended attribute. The library has no name for its type, so it is made of its JSON, which the format has for it. A
/// name that is no UTF-8 can't be told in that: Linux's own are ASCII.
fn xattr<T: serde::de::DeserializeOwned>(name: Vec<u8>, value: Vec<u8>) -> io::Result<T> {
    let value = Base64::encode_to_string(&value).map_err(io::Error::other)?;
    let name = String::from_utf8_lossy(&name);
    Ok(serde_json::from_value(serde_json::json!({ "name": name, "value": value }))?)
}

/// A file that is opened when its turn has come.
pub(crate) struct Content {
    path: PathBuf,
    size: u64,
    shared: Arc<Shared>,
}

impl ReadSourceOpen for Content {
    type Reader = Reader;

    fn open(self) -> RusticResult<Reader> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        match rustix::fs::open(&self.path, flags, Mode::empty()) {
            Ok(file) => Ok(Reader { file: file.into(), left: self.size, content: self }),
            Err(error) => {
                let error = io::Error::from(error);
                self.shared.note(&self.path, io::Error::from(error.kind()));
                Err(RusticError::with_source(
                    ErrorKind::InputOutput,
                    "A file could not be opened.",
                    error,
                ))
            }
        }
    }
}

/// An open file. A fault is noted beside the tree, because the library leaves the file out and goes on.
pub(crate) struct Reader {
    file: File,
    /// How many bytes are still to come.
    left: u64,
    content: Content,
}

impl Read for Reader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let shared = &self.content.shared;
        shared.pace.about_to_read(u64::try_from(buffer.len()).unwrap_or(u64::MAX).min(self.left));
        let read = self.file.read(buffer).and_then(|read| {
            self.left = self.left.saturating_sub(u64::try_from(read).unwrap_or(u64::MAX));
            match (read, self.left) {
                (0, 1..) if !buffer.is_empty() => Err(io::ErrorKind::UnexpectedEof.into()),
                _ => Ok(read),
            }
        });
        read.inspect_err(|error| {
            if error.kind() != io::ErrorKind::Interrupted {
                shared.note(&self.content.path, io::Error::from(error.kind()));
            }
        })
    }
}

/// A file whose size was another one when it was listed, and the tree that hears of it.
#[cfg(test)]
pub(crate) fn reader_of(path: &Path, size: u64) -> (Reader, Tree) {
    let tree = Tree::new(path, Arc::new(Unpaced));
    let content = Content { path: path.to_owned(), size, shared: Arc::clone(&tree.shared) };
    (content.open().unwrap(), tree)
}
