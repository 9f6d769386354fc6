//! A part of a payload.

use std::collections::{BTreeSet, HashMap};
use std::mem;

use super::UnpackError;
use crate::manifest::{Entry, Kind, Manifest, Node};
use crate::path::EntryPath;

/// Some entries of a manifest, and the directories that lead to them, in the manifest's order. The root
/// is always one.
///
/// Of a file's names the first that was chosen stands for the file, and the others are links to it.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Subset(Vec<Entry>);

/// A file with several names.
enum File {
    /// None of them was chosen yet.
    Unchosen(Node),
    /// The entry with this number is the first one that was.
    Chosen(usize),
}

impl Subset {
    /// The entries with these paths. With a directory, what is in it is not chosen.
    pub fn of(manifest: &Manifest, paths: &BTreeSet<EntryPath>) -> Result<Self, UnpackError> {
        let mut subset = Self::default();
        let mut files = HashMap::new();
        // Both are in the same order.
        let mut left = paths.iter().peekable();
        for entry in manifest.entries()? {
            let entry = entry?;
            if let Some(path) = left.next_if(|path| **path < entry.path) {
                return Err(UnpackError::Absent { path: path.clone() });
            }
            let is_chosen = left.next_if(|path| **path == entry.path).is_some();
            let leads_on =
                entry.path.is_root() || left.peek().is_some_and(|path| path.is_within(&entry.path));
            subset.push(entry, is_chosen, leads_on, &mut files);
        }
        match left.next() {
            Some(path) => Err(UnpackError::Absent { path: path.clone() }),
            None => Ok(subset),
        }
    }

    /// These entries, whatever manifest says so, in the order of manifests: the root first, and each directory that
    /// leads to one of them among them.
    pub fn made_of(mut entries: Vec<Entry>) -> Self {
        entries.sort_by(|one, other| one.path.cmp(&other.path));
        Self(entries)
    }

    fn push(
        &mut self,
        Entry { path, node }: Entry,
        is_chosen: bool,
        leads_on: bool,
        files: &mut HashMap<EntryPath, File>,
    ) {
        let number = self.0.len();
        match node {
            Node::Inode { attributes, kind: Kind::File { size, digest, links } } => {
                let kind = Kind::File { size, digest, links: 1 };
                let node = Node::Inode { attributes, kind };
                if links > 1 {
                    let unchosen = || File::Unchosen(node.clone());
                    let file = if is_chosen { File::Chosen(number) } else { unchosen() };
                    files.insert(path.clone(), file);
                }
                if is_chosen {
                    self.0.push(Entry { path, node });
                }
            }
            Node::Inode { .. } => {
                if is_chosen || leads_on {
                    self.0.push(Entry { path, node });
                }
            }
            Node::HardLink { to } => {
                // The manifest's reader has refused a link to nothing.
                if is_chosen && let Some(file) = files.get_mut(&to) {
                    let node = match mem::replace(file, File::Chosen(number)) {
                        File::Unchosen(node) => node,
                        File::Chosen(first) => {
                            *file = File::Chosen(first);
                            self.linked(first)
                        }
                    };
                    self.0.push(Entry { path, node });
                }
            }
        }
    }

    /// A further name of the file whose first one has this number.
    fn linked(&mut self, first: usize) -> Node {
        let file = &mut self.0[first];
        if let Node::Inode { kind: Kind::File { links, .. }, .. } = &mut file.node {
            *links += 1;
        }
        Node::HardLink { to: file.path.clone() }
    }

    /// The entries, the root first.
    pub fn entries(&self) -> &[Entry] {
        &self.0
    }

    /// Bytes in all files.
    pub fn bytes(&self) -> u64 {
        let bytes = |entry: &Entry| match &entry.node {
            Node::Inode { kind: Kind::File { size, .. }, .. } => *size,
            Node::Inode { .. } | Node::HardLink { .. } => 0,
        };
        self.0.iter().map(bytes).sum()
    }

    /// Whether something has this path.
    pub(super) fn has(&self, path: &EntryPath) -> bool {
        self.0.binary_search_by(|entry| entry.path.cmp(path)).is_ok()
    }
}
