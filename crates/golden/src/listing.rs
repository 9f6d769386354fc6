//! A listing of what is really in a squashfs, contents and all.

use std::collections::HashMap;
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
    pub fn from_squashfs(path: &Path, progress: Progress<'_>) -> Result<Self, ListingError> {
        let image = Squashfs::open(path)?;
        let found = image.walk()?.collect::<Result<Vec<_>, _>>()?;
        let mut names = Names::new(&image, &found, progress)?;
        let mut listing = Self::new();
        for (path, inode) in found {
            let node = names.node(&path, inode);
            listing.push(&Entry { path, node })?;
        }
        Ok(listing)
    }
}

/// What turns inodes into entries: which file has which content, and which name came first.
struct Names {
    /// The digest of each file that has no name yet, by inode number.
    digests: HashMap<u32, Digest>,
    /// How many names each inode has.
    counts: HashMap<u32, u32>,
    first: HashMap<u32, EntryPath>,
}

impl Names {
    fn new(
        image: &Squashfs,
        found: &[(EntryPath, Inode)],
        progress: Progress<'_>,
    ) -> Result<Self, SquashfsError> {
        let mut counts: HashMap<u32, u32> = HashMap::new();
        let mut files = Vec::new();
        for (_, inode) in found {
            let count = counts.entry(inode.number).or_default();
            *count += 1;
            if let (InodeKind::File(data), 1) = (&inode.kind, *count) {
                files.push((inode.number, data));
            }
        }
        let digests = digests(image, &files, progress)?;
        Ok(Self { digests, counts, first: HashMap::new() })
    }

    fn node(&mut self, path: &EntryPath, inode: Inode) -> Node {
        let number = inode.number;
        let kind = match inode.kind {
            InodeKind::File(data) => {
                let Some(digest) = self.digests.remove(&number) else {
                    // Every file had a digest once, so this is a later name.
                    let to = self.first.get(&number).cloned().unwrap_or_default();
                    return Node::HardLink { to };
                };
                self.first.insert(number, path.clone());
                let links = self.counts.get(&number).copied().unwrap_or(1);
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
