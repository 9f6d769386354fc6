//! What a store holds, read in its order, many chunks with each request.

use std::os::unix::fs::FileExt as _;

use super::error::CowError;
use super::store::ExceptionStore;
use super::table::Exception;
use crate::buffer::AlignedBuffer;

/// How much of the store is read at once, at the most.
const BATCH: u64 = 8 << 20;
/// A gap in the store that is read over, rather than left for another request.
const GAP: u64 = 256 << 10;

/// Exceptions that lie together in the store, and what it holds there.
pub(super) struct Batch<'a> {
    store: &'a ExceptionStore<'a>,
    exceptions: &'a [Exception],
    /// The store from the first exception's chunk on.
    stored: &'a [u8],
}

impl Batch<'_> {
    /// How many exceptions it is of.
    pub(super) const fn count(&self) -> u64 {
        self.exceptions.len() as u64
    }

    /// How much was read for it.
    pub(super) const fn length(&self) -> u64 {
        self.stored.len() as u64
    }

    /// What the store holds for the exceptions from this one on that lie together in it, at most so many.
    pub(super) fn stretch(&self, first: u64, limit: u64) -> &[u8] {
        let Some(rest) = self.exceptions.get(size(first)..) else { return &[] };
        let follows = |pair: &[Exception]| pair[1].stored == pair[0].stored + 1;
        let together = 1 + rest.windows(2).take_while(|pair| follows(pair)).count() as u64;
        let chunk = self.store.chunk();
        let place = |exception: &Exception| exception.stored - self.exceptions[0].stored;
        let start = rest.first().map_or(0, |exception| place(exception) * chunk);
        &self.stored[size(start)..size(start + together.min(limit) * chunk)]
    }

    /// What the store holds for each exception, a whole chunk.
    fn stored(&self) -> impl Iterator<Item = (&Exception, &[u8])> {
        let first = self.exceptions.first().map(|exception| exception.stored).unwrap_or_default();
        let chunk = self.store.chunk();
        self.exceptions.iter().map(move |exception| {
            let start = size((exception.stored - first) * chunk);
            (exception, &self.stored[start..start + size(chunk)])
        })
    }

    /// Where in the origin each chunk belongs, and what belongs there.
    pub(super) fn chunks(&self) -> impl Iterator<Item = (u64, &[u8])> {
        self.stored().map(|(exception, whole)| {
            let (at, length) = self.store.geometry().place(exception.origin);
            (at, &whole[..length])
        })
    }
}

type Each<'a> = dyn FnMut(&Batch<'_>) -> Result<(), CowError> + 'a;

/// Reads what a store holds for exceptions of a window, in its order, many chunks with each request.
pub(super) fn batches(
    store: &ExceptionStore<'_>,
    window: &[Exception],
    each: &mut Each<'_>,
) -> Result<(), CowError> {
    let chunk = store.chunk();
    let mut buffer = AlignedBuffer::new(size(BATCH.max(chunk)));
    for run in window.chunk_by(|one, next| (next.stored - one.stored) * chunk <= GAP + chunk) {
        for exceptions in pieces(run, chunk) {
            let (Some(first), Some(last)) = (exceptions.first(), exceptions.last()) else {
                continue;
            };
            let length = size((last.stored - first.stored + 1) * chunk);
            let stored = buffer.first(length);
            let file = store.geometry().file();
            let read = file.read_exact_at(stored, first.stored.offset(chunk));
            read.map_err(CowError::Store)?;
            each(&Batch { store, exceptions, stored })?;
        }
    }
    Ok(())
}

/// A run of exceptions cut so that each piece spans no more than a batch.
fn pieces(run: &[Exception], chunk: u64) -> impl Iterator<Item = &[Exception]> {
    let mut rest = run;
    std::iter::from_fn(move || {
        let first = rest.first()?;
        let fits = |other: &Exception| (other.stored - first.stored + 1) * chunk <= BATCH;
        let count = rest.iter().take_while(|other| fits(other)).count().max(1);
        let (piece, left) = rest.split_at(count);
        rest = left;
        Some(piece)
    })
}

/// Sizes here are those of a chunk or of a batch.
pub(super) fn size(bytes: u64) -> usize {
    usize::try_from(bytes).unwrap_or(usize::MAX)
}
