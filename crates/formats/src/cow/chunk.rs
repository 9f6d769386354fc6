//! Numbers of chunks.

use std::ops::{Add, Sub};

/// The number of a chunk, counted from 0, in an origin or in a store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChunkIndex(pub u64);

impl ChunkIndex {
    /// Where it begins, in bytes, where chunks have `size` bytes.
    pub(crate) const fn offset(self, size: u64) -> u64 {
        self.0 * size
    }
}

/// The chunk that is so many further on.
impl Add<u64> for ChunkIndex {
    type Output = Self;
    fn add(self, chunks: u64) -> Self {
        Self(self.0 + chunks)
    }
}

/// How many chunks further on than an earlier one it is.
impl Sub for ChunkIndex {
    type Output = u64;
    fn sub(self, earlier: Self) -> u64 {
        self.0 - earlier.0
    }
}
