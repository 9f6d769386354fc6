//! What of an origin has been written since a snapshot was taken.

use super::error::CowError;
use super::store::ExceptionStore;
use crate::bits::Bits;

/// The chunks that a store has exceptions for.
#[derive(Debug)]
pub struct Changed {
    chunks: Bits,
    chunk: u64,
    count: u64,
}

impl Changed {
    /// Those of a store. The snapshot may be in use: what is written meanwhile may or may not be
    /// among them.
    pub fn read(store: &ExceptionStore<'_>) -> Result<Self, CowError> {
        let count = store.geometry().origin_chunks();
        let mut chunks = Bits::new(count);
        for window in store.windows() {
            for exception in window? {
                chunks.insert(exception.origin.0);
            }
        }
        Ok(Self { chunks, chunk: store.chunk(), count })
    }

    /// Whether any part of a range of bytes may have been written.
    pub fn touches(&self, at: u64, length: u64) -> bool {
        let end = at.saturating_add(length).div_ceil(self.chunk).min(self.count);
        (at / self.chunk..end).any(|chunk| self.chunks.contains(chunk))
    }
}
