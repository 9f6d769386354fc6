//! All inodes of a mounted filesystem, and which of them are as they were in a snapshot.
//!
//! Nothing that is read here is believed further than to say *unchanged*: whatever looks otherwise
//! is looked at again through the system.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io;

use rustix::fs::syncfs;
use zshield_formats::cow::{Changed, CowError, ExceptionStore};
use zshield_formats::ext4::{Block, Ext4Error, Extent, Filesystem, Inode, Table, names};
use zshield_golden::compare::{FileKind, FileMetadata};
use zshield_messages::say;

/// How much of a table is read at once.
const PIECE: u64 = 1 << 20;

/// A point that is known to be good: a snapshot, and what was written since.
#[derive(Debug)]
pub struct Basis {
    origin: Filesystem,
    snapshot: Filesystem,
    changed: Changed,
}

/// Why there is no such point.
#[derive(Debug, thiserror::Error)]
pub enum NoBasis {
    /// A filesystem can't be read from its device.
    #[error(transparent)]
    Filesystem(#[from] Ext4Error),
    /// The snapshot's store can't be relied upon.
    #[error(transparent)]
    Store(#[from] CowError),
    /// The snapshot is none of this filesystem.
    #[error("{}", say::check::another_filesystem())]
    Another,
}

/// An inode in use.
#[derive(Clone, Copy, Debug)]
pub struct Known {
    number: u32,
    /// What it says.
    pub metadata: FileMetadata,
    /// Whether it is as it was in the snapshot, and nothing that it names was written since.
    pub is_untouched: bool,
}

/// What a directory holds.
#[derive(Clone, Debug)]
pub(crate) struct Child {
    pub(crate) name: Vec<u8>,
    pub(crate) inode: u32,
    /// The snapshot's directory did not have this name for this inode.
    pub(crate) is_new: bool,
}

/// All inodes in use.
#[derive(Debug)]
pub struct Inodes<'a> {
    basis: &'a Basis,
    known: Vec<Known>,
    directories: HashMap<u32, Vec<Extent>>,
}

impl Basis {
    /// The filesystem that is mounted at `root`, and a snapshot of it: the devices of both, opened
    /// without `O_DIRECT`; and the stores of which each stands over the next, opened with it, each with the device
    /// that it is of.
    pub fn of_mounted(
        root: &File,
        origin: File,
        snapshot: File,
        stores: &[(File, File)],
    ) -> Result<Self, NoBasis> {
        // What the system has in memory has to be on its way: the store tells of it then.
        syncfs(root).map_err(io::Error::from).map_err(Ext4Error::Read)?;
        // The kernel may write the table while it is read; twice in a row it hardly does.
        let opened = stores.iter().map(|(store, of)| {
            ExceptionStore::open(store, of).or_else(|_| ExceptionStore::open(store, of))
        });
        let opened = opened.collect::<Result<Vec<_>, _>>()?;
        let changed = Changed::read(&opened)?;
        let (origin, snapshot) = (Filesystem::open(origin)?, Filesystem::open(snapshot)?);
        Self::new(origin, snapshot, changed).ok_or(NoBasis::Another)
    }

    /// A filesystem, a snapshot of it, and what was written since that was taken.
    pub fn new(origin: Filesystem, snapshot: Filesystem, changed: Changed) -> Option<Self> {
        origin.is_same(&snapshot).then_some(Self { origin, snapshot, changed })
    }

    /// Reads all inodes of the filesystem, whose number for the system is `device`.
    pub fn inodes(&self, device: u64) -> Result<Inodes<'_>, Ext4Error> {
        let mut inodes = Inodes { basis: self, known: Vec::new(), directories: HashMap::new() };
        let (mut now, mut then) = (Vec::new(), Vec::new());
        for table in self.origin.tables()? {
            for piece in pieces(table, self.origin.inode_size()) {
                let length = usize::try_from(piece.length).unwrap_or(0);
                now.resize(length, 0);
                then.resize(length, 0);
                self.origin.read_at(&mut now, piece.at)?;
                self.snapshot.read_at(&mut then, piece.at)?;
                inodes.add(piece.first, &now, &then, device);
            }
        }
        Ok(inodes)
    }

    fn size(&self) -> usize {
        usize::try_from(self.origin.inode_size()).unwrap_or(usize::MAX)
    }

    /// Whether blocks may have been written since the snapshot.
    fn is_changed(&self, start: u64, length: u64) -> bool {
        let block = self.origin.block_size();
        self.changed.touches(start * block, length * block)
    }
}

/// What an inode says, on the filesystem that the system has this number for.
fn metadata(inode: Inode<'_>, number: u32, filesystem: u64) -> FileMetadata {
    FileMetadata {
        kind: FileKind::of_mode(inode.mode().into()),
        mode: inode.mode() & 0o7777,
        uid: inode.uid(),
        gid: inode.gid(),
        size: inode.size(),
        mtime: inode.mtime(),
        links: inode.links().into(),
        device: inode.device(),
        identity: (filesystem, number.into()),
        is_locked: inode.is_locked(),
    }
}

/// A table in parts, each of so many inodes that it can be read at once.
fn pieces(table: Table, inode: u64) -> impl Iterator<Item = Table> {
    let per_piece = PIECE / inode;
    let count = table.length.div_ceil(per_piece * inode);
    (0..count).zip(0u32..).map(move |(number, index)| {
        let offset = number * per_piece * inode;
        Table {
            // No group has more inodes than a number counts.
            first: table.first + index * u32::try_from(per_piece).unwrap_or(0),
            at: table.at + offset,
            length: (per_piece * inode).min(table.length - offset),
        }
    })
}

impl Inodes<'_> {
    fn add(&mut self, first: u32, now: &[u8], then: &[u8], device: u64) {
        let size = self.basis.size();
        for (number, (now, then)) in (first..).zip(now.chunks(size).zip(then.chunks(size))) {
            let (now, then) = (Inode::new(now), Inode::new(then));
            if !now.is_used() {
                continue;
            }
            let mut touched = !now.is_as(then);
            let metadata = metadata(now, number, device);
            let is_directory = metadata.kind == FileKind::Directory;
            let mut extents = Vec::new();
            let mut each = |block| match block {
                Block::Node(number) => touched |= self.basis.is_changed(number, 1),
                // The names in a directory are looked at one by one.
                Block::Content(extent) if is_directory => extents.push(extent),
                Block::Content(extent) => {
                    touched |= self.basis.is_changed(extent.start, extent.length.into());
                }
            };
            let sound = self.basis.origin.each_block(now, &mut each);
            if is_directory && sound.is_ok() {
                self.directories.insert(number, extents);
            }
            let is_untouched = !touched && sound.is_ok();
            self.known.push(Known { number, metadata, is_untouched });
        }
    }

    /// The inode of this number.
    pub fn get(&self, number: u32) -> Option<&Known> {
        let found = self.known.binary_search_by_key(&number, |known| known.number);
        found.ok().and_then(|index| self.known.get(index))
    }

    /// What is in a directory; nothing where its blocks don't tell.
    pub(crate) fn children(&self, directory: u32) -> Option<Vec<Child>> {
        let extents = self.directories.get(&directory)?;
        let mut children = Vec::new();
        let listed = self.basis.origin.each_name(extents, &mut |number, found| {
            let before = self.basis.is_changed(number, 1).then(|| {
                // What was no directory's then had no names.
                self.basis.snapshot.block(number).unwrap_or_default()
            });
            let known = before.as_ref().map(|block| -> HashSet<_> {
                names(block).unwrap_or_default().into_iter().collect()
            });
            children.extend(found.iter().map(|name| Child {
                name: name.name.to_vec(),
                inode: name.inode,
                is_new: known.as_ref().is_some_and(|known| !known.contains(name)),
            }));
        });
        listed.is_ok().then_some(children)
    }
}
