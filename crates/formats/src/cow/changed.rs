//! What of an origin has been written since a snapshot was taken, or since the first of several that stand one over
//! the other.

use super::error::CowError;
use super::store::ExceptionStore;
use crate::bits::Bits;

/// The chunks that some stores have exceptions for.
#[derive(Debug)]
pub struct Changed {
    chunks: Bits,
    chunk: u64,
    count: u64,
}

impl Changed {
    /// Those of stores of which each stands over the next, and the last over the origin. The snapshot may be in
    /// use: what is written meanwhile may or may not be among them.
    pub fn read(stores: &[ExceptionStore<'_>]) -> Result<Self, CowError> {
        let Some(last) = stores.last() else { return Err(CowError::NoStore) };
        let (chunk, length) = (last.chunk(), last.origin_length());
        let count = last.geometry().origin_chunks();
        let mut chunks = Bits::new(count);
        for store in stores {
            if (store.chunk(), store.origin_length()) != (chunk, length) {
                return Err(CowError::Unlike);
            }
            for window in store.windows() {
                for exception in window? {
                    chunks.insert(exception.origin.0);
                }
            }
        }
        Ok(Self { chunks, chunk, count })
    }

    /// Whether any part of a range of bytes may have been written.
    pub fn touches(&self, at: u64, length: u64) -> bool {
        let end = at.saturating_add(length).div_ceil(self.chunk).min(self.count);
        (at / self.chunk..end).any(|chunk| self.chunks.contains(chunk))
    }
}
