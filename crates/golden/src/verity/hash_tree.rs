//! The hash tree: made of a file's data, written behind it, and made again to check it.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::{BLOCK, RootHash, Salt, Verity, VerityError};
use crate::error::{Action, FileError, Progress};
use crate::threads;

/// Hashes in a hash block.
const FANOUT: usize = BLOCK as usize / 32;
/// Data blocks that a worker takes at a time: 1 MiB.
const TAKEN: u64 = 256;

/// The levels of a tree, leaves first, each padded to whole blocks; and the root hash.
struct HashTree {
    levels: Vec<Vec<u8>>,
    root: RootHash,
}

/// Pads the file to whole blocks, and writes superblock and hash tree behind its data.
pub fn append(path: &Path, salt: Salt, progress: Progress<'_>) -> Result<Verity, VerityError> {
    let file = File::options()
        .read(true)
        .write(true)
        .open(path)
        .map_err(FileError::at(Action::Write, path))?;
    let length = file.metadata().map_err(FileError::at(Action::Read, path))?.len();
    if length == 0 {
        return Err(VerityError::Empty { path: path.to_owned() });
    }
    let data_blocks = length.div_ceil(BLOCK);
    let hash_offset = data_blocks * BLOCK;
    file.set_len(hash_offset).map_err(FileError::at(Action::Write, path))?;
    let tree = HashTree::of_data(&file, path, &salt, data_blocks, progress)?;
    let verity = Verity { root_hash: tree.root, salt, data_blocks, hash_offset };
    let mut behind = verity.superblock();
    behind.resize(BLOCK as usize, 0);
    behind.extend(tree.into_bytes());
    file.write_all_at(&behind, hash_offset)
        .and_then(|()| file.sync_all())
        .map_err(FileError::at(Action::Write, path))?;
    Ok(verity)
}

/// Whether the file's data has this root hash, and its superblock and tree are the right ones.
pub fn verify(path: &Path, verity: &Verity, progress: Progress<'_>) -> Result<(), VerityError> {
    let read = |source| FileError::at(Action::Read, path)(source);
    let file = File::open(path).map_err(read)?;
    let length = file.metadata().map_err(read)?.len();
    // Before anything is computed from it: the data is claimed to end where the tree begins, and
    // that is within the file.
    let sound = verity.data_blocks > 0
        && verity.data_blocks.checked_mul(BLOCK) == Some(verity.hash_offset)
        && verity.hash_offset < length
        && verity.hash_offset + (1 + tree_blocks(verity.data_blocks)) * BLOCK == length;
    if !sound {
        return Err(VerityError::Layout { path: path.to_owned() });
    }
    let mut behind = vec![0; (length - verity.hash_offset) as usize];
    file.read_exact_at(&mut behind, verity.hash_offset).map_err(read)?;
    let (superblock, stored) = behind.split_at(BLOCK as usize);
    if Verity::parse_superblock(superblock) != Some((verity.salt.clone(), verity.data_blocks)) {
        return Err(VerityError::Superblock { path: path.to_owned() });
    }
    let tree = HashTree::of_data(&file, path, &verity.salt, verity.data_blocks, progress)?;
    if tree.root != verity.root_hash {
        let (expected, actual) = (verity.root_hash, tree.root);
        return Err(VerityError::Data { path: path.to_owned(), expected, actual });
    }
    if tree.into_bytes() != stored {
        return Err(VerityError::Tree { path: path.to_owned() });
    }
    Ok(())
}

/// How many blocks the tree over that many data blocks has.
fn tree_blocks(data_blocks: u64) -> u64 {
    let mut blocks = 0;
    let mut level = data_blocks;
    while level > 1 {
        level = level.div_ceil(FANOUT as u64);
        blocks += level;
    }
    // A single data block is its own root: no tree.
    blocks
}

impl HashTree {
    fn of_data(
        file: &File,
        path: &Path,
        salt: &Salt,
        data_blocks: u64,
        progress: Progress<'_>,
    ) -> Result<Self, FileError> {
        // Every block's hash begins with the salt: hashed once, the state is copied.
        let salted = Sha256::new_with_prefix(&salt.0);
        let pieces = data_blocks.div_ceil(TAKEN);
        let hashes = threads::map(pieces, |piece| {
            let first = piece * TAKEN;
            let blocks = TAKEN.min(data_blocks - first);
            let mut data = vec![0; (blocks * BLOCK) as usize];
            file.read_exact_at(&mut data, first * BLOCK)
                .map_err(FileError::at(Action::Read, path))?;
            let hashes = hash_blocks(&salted, &data);
            progress(data.len() as u64);
            Ok(hashes)
        })?;
        Ok(Self::of_leaves(&salted, hashes.concat()))
    }

    /// Builds upwards until one hash is left.
    fn of_leaves(salted: &Sha256, mut hashes: Vec<u8>) -> Self {
        let mut levels = Vec::new();
        while hashes.len() > 32 {
            hashes.resize(hashes.len().next_multiple_of(BLOCK as usize), 0);
            let above = hash_blocks(salted, &hashes);
            levels.push(hashes);
            hashes = above;
        }
        let mut root = [0; 32];
        root.copy_from_slice(&hashes);
        Self { levels, root: RootHash(root) }
    }

    /// As it lies in the file: the top comes first.
    fn into_bytes(self) -> Vec<u8> {
        self.levels.into_iter().rev().flatten().collect()
    }
}

fn hash_blocks(salted: &Sha256, data: &[u8]) -> Vec<u8> {
    data.chunks(BLOCK as usize)
        .flat_map(|block| <[u8; 32]>::from(salted.clone().chain_update(block).finalize()))
        .collect()
}
