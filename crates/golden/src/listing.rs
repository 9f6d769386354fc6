//! A listing of what is really in a squashfs, contents and all.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use crate::digest::{Digest, hash_zeros};
use crate::error::Progress;
use crate::manifest::{Entry, Kind, Listing, Node, Problem};
use crate::path::EntryPath;
use crate::squashfs::{Decoder, FileData, Inode, InodeKind, Piece, Squashfs, SquashfsError};
use crate::threads;

/// Why a listing can't be made.
#[derive(Debug, thiserror::Error)]
pub enum ListingError {
    /// The image can't be read.
    #[error(transparent)]
    Squashfs(#[from] SquashfsError),
    /// The image holds what a manifest must not.
    #[error(transparent)]
    Entry(#[from] Problem),
}

/// Files that a thread takes at a time: neighbours, which share fragments.
const TAKEN: usize = 64;

impl Listing {
    /// Lists a squashfs, from the image itself: no mount and no root needed. `progress` counts
    /// the bytes of the files' contents.
    ///
    /// Regular files with one inode are hard links; of anything else, several names of one inode
    /// are things of their own.
    ///
    /// On the machine another filesystem is mounted on each of `mounted`, and no hard link leads from
    /// one filesystem to another: names of one inode on two of them are two files.
    pub fn from_squashfs(
        path: &Path,
        mounted: &[EntryPath],
        progress: Progress<'_>,
    ) -> Result<Self, ListingError> {
        let image = Squashfs::open(path)?;
        let found = image.walk()?.collect::<Result<Vec<_>, _>>()?;
        let mut names = Names::new(&image, &found, mounted, progress)?;
        let mut listing = Self::new();
        for (path, inode) in found {
            let node = names.node(&path, inode);
            listing.push(&Entry { path, node })?;
        }
        Ok(listing)
    }
}

/// A file on the machine: the filesystem that it is on, by its mount point, and its inode in the image.
type FileKey<'a> = (Option<&'a EntryPath>, u32);

/// What turns inodes into entries: which file has which content, and which name came first.
struct Names<'a> {
    mounted: &'a [EntryPath],
    /// The digest of each file, by inode number.
    digests: HashMap<u32, Digest>,
    /// How many names each file has.
    counts: HashMap<FileKey<'a>, u32>,
    /// The first name of each file that has several.
    first: HashMap<FileKey<'a>, EntryPath>,
}

impl<'a> Names<'a> {
    fn new(
        image: &Squashfs,
        found: &[(EntryPath, Inode)],
        mounted: &'a [EntryPath],
        progress: Progress<'_>,
    ) -> Result<Self, SquashfsError> {
        let mut counts: HashMap<FileKey<'_>, u32> = HashMap::new();
        let mut seen = HashSet::new();
        let mut files = Vec::new();
        for (path, inode) in found {
            let InodeKind::File(data) = &inode.kind else { continue };
            *counts.entry((filesystem(mounted, path), inode.number)).or_default() += 1;
            if seen.insert(inode.number) {
                files.push((inode.number, data));
            }
        }
        let digests = digests(image, &files, progress)?;
        Ok(Self { mounted, digests, counts, first: HashMap::new() })
    }

    fn node(&mut self, path: &EntryPath, inode: Inode) -> Node {
        let kind = match inode.kind {
            InodeKind::File(data) => {
                let file = (filesystem(self.mounted, path), inode.number);
                let digest = self.digests.get(&inode.number).copied();
                let Some(digest) = digest.filter(|_| !self.first.contains_key(&file)) else {
                    // Every file has a digest, so this is a later name.
                    let to = self.first.get(&file).cloned().unwrap_or_default();
                    return Node::HardLink { to };
                };
                let links = self.counts.get(&file).copied().unwrap_or(1);
                if links > 1 {
                    self.first.insert(file, path.clone());
                }
                Kind::File { size: data.size, digest, links }
            }
            InodeKind::Directory(_) => Kind::Directory,
            InodeKind::Symlink { target } => Kind::Symlink { target },
            InodeKind::CharDevice(number) => Kind::CharDevice(number),
            InodeKind::BlockDevice(number) => Kind::BlockDevice(number),
            InodeKind::Fifo => Kind::Fifo,
            InodeKind::Socket => Kind::Socket,
        };
        Node::Inode { attributes: inode.attributes, kind }
    }
}

/// The mount point of the filesystem that a path is on; `None` for the root's.
fn filesystem<'a>(mounted: &'a [EntryPath], path: &EntryPath) -> Option<&'a EntryPath> {
    let over = mounted.iter().filter(|mounted| path.is_within(mounted));
    over.max_by_key(|mounted| mounted.as_bytes().len())
}

/// The digests of these files, by inode number, computed by several threads.
fn digests(
    image: &Squashfs,
    files: &[(u32, &FileData)],
    progress: Progress<'_>,
) -> Result<HashMap<u32, Digest>, SquashfsError> {
    let batches: Vec<_> = files.chunks(TAKEN).collect();
    let digests = threads::map(batches.len() as u64, |batch| {
        let mut decoder = Decoder::new(image)?;
        let batch = batches.get(batch as usize).copied().unwrap_or_default();
        batch
            .iter()
            .map(|(number, data)| Ok((*number, digest(&mut decoder, data, progress)?)))
            .collect::<Result<Vec<_>, SquashfsError>>()
    })?;
    Ok(digests.into_iter().flatten().collect())
}

fn digest(
    decoder: &mut Decoder<'_>,
    file: &FileData,
    progress: Progress<'_>,
) -> Result<Digest, SquashfsError> {
    let mut hasher = blake3::Hasher::new();
    decoder.read(file, |piece| {
        match piece {
            Piece::Bytes(bytes) => {
                hasher.update(bytes);
            }
            Piece::Hole(length) => hash_zeros(&mut hasher, length),
        }
        Ok::<(), SquashfsError>(())
    })?;
    progress(file.size);
    Ok(Digest::finish(&hasher))
}
