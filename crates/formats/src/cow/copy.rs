//! Copying back, and reading back.

use std::fs::File;
use std::os::unix::fs::FileExt as _;

use rustix::fs::{Advice, fadvise, fdatasync};

use super::batch::{Batch, batches, size};
use super::error::CowError;
use super::store::ExceptionStore;
use super::table::Exception;
use crate::bits::Bits;
use crate::buffer::AlignedBuffer;
use crate::ext4::FreeMap;

/// How much may be on its way to the origin before it is waited for.
const IN_FLIGHT: u64 = 32 << 20;
/// What is written at the least: a page, and a block of most filesystems.
const BLOCK: usize = 4096;

/// What a restore did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CopyReport {
    /// The exceptions that count: of two for one chunk the first store's.
    pub exceptions: u64,
    /// Those whose chunk was free in the snapshot.
    pub free: u64,
    /// Those whose chunk was the same.
    pub equal: u64,
    /// Those that were written.
    pub written: u64,
    /// The bytes that were written.
    pub bytes: u64,
}

/// A state of the origin: that of the first of some stores, each of which stands over the next, and the last over
/// the origin. A chunk is as the first store has it that has an exception for it.
#[derive(Clone, Copy, Debug)]
pub struct State<'a> {
    /// The stores.
    pub stores: &'a [ExceptionStore<'a>],
    /// Which blocks were free then, where that is known: they need not be copied.
    pub free: Option<&'a FreeMap>,
}

/// What each chunk had to be, in the order in which [`copy_back`] came to them: half of a BLAKE3.
#[derive(Debug)]
pub struct Copied(Vec<[u8; 16]>);

/// Writes to the origin what its state holds, where they differ, but for chunks that were free then; all of
/// it is durable when this returns.
///
/// The stores' handles are best opened with `O_DIRECT`, the origin's without. `progress` hears of
/// the exceptions that are done, and of how many, the last time of all.
pub fn copy_back(
    state: State<'_>,
    origin: &File,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<(CopyReport, Copied), CowError> {
    let mut report = CopyReport::default();
    // Room for each at once: to grow, it would be in memory twice. The kernel has each exception of a snapshot
    // that is alive in memory too, with more than this.
    let mut copied = Copied(Vec::with_capacity(size(state.exceptions())));
    let mut there = AlignedBuffer::new(state.stores.first().map_or(0, |store| size(store.chunk())));
    let mut unsynced = 0;
    let mut each = |batch: &Batch<'_>| {
        for (at, wanted) in batch.chunks() {
            ask_for(origin, at, wanted.len());
        }
        for (at, wanted) in batch.chunks() {
            copied.0.push(digest(wanted));
            let found = there.first(wanted.len());
            origin.read_exact_at(found, at).map_err(CowError::Origin)?;
            let Some(range) = differing(wanted, found) else {
                report.equal += 1;
                continue;
            };
            let offset = at + range.start as u64;
            origin.write_all_at(&wanted[range.clone()], offset).map_err(CowError::Write)?;
            report.written += 1;
            report.bytes += range.len() as u64;
            unsynced += wanted.len() as u64;
        }
        if unsynced >= IN_FLIGHT {
            fdatasync(origin).map_err(|error| CowError::Write(error.into()))?;
            unsynced = 0;
        }
        Ok(())
    };
    let mut done = 0;
    let counted = state.windows(&mut |store, window, passed| {
        done += passed;
        progress(done, state.exceptions());
        batches(store, window, &mut |batch| {
            each(batch)?;
            done += batch.count();
            progress(done, state.exceptions());
            Ok(())
        })
    })?;
    (report.exceptions, report.free) = counted;
    fdatasync(origin).map_err(|error| CowError::Write(error.into()))?;
    Ok((report, copied))
}

/// Whether the origin holds everywhere what [`copy_back`] left there; its handle is best opened with
/// `O_DIRECT`, so that the disk answers and not memory. Of the stores only the tables are read.
pub fn verify(
    state: State<'_>,
    copied: &Copied,
    origin: &File,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<(), CowError> {
    let mut there = AlignedBuffer::new(state.stores.first().map_or(0, |store| size(store.chunk())));
    let mut digests = copied.0.iter();
    let mut done = 0;
    state.windows(&mut |store, window, passed| {
        done += passed;
        progress(done, state.exceptions());
        for exception in window {
            let (at, length) = store.geometry().place(exception.origin);
            let found = there.first(length);
            origin.read_exact_at(found, at).map_err(CowError::Origin)?;
            if digests.next() != Some(&digest(found)) {
                return Err(CowError::Differs(at));
            }
            done += 1;
            progress(done, state.exceptions());
        }
        Ok(())
    })?;
    Ok(())
}

type Window<'a> = dyn FnMut(&ExceptionStore<'_>, &[Exception], u64) -> Result<(), CowError> + 'a;

impl State<'_> {
    /// How many exceptions there are in all stores.
    fn exceptions(&self) -> u64 {
        self.stores.iter().map(ExceptionStore::exceptions).sum()
    }

    /// The exceptions to copy, in order, and how many of those between are passed over. Returns how many
    /// count, and how many of these are of free chunks.
    fn windows(&self, each: &mut Window<'_>) -> Result<(u64, u64), CowError> {
        let shape = |store: &ExceptionStore<'_>| (store.chunk(), store.origin_length());
        if self.stores.windows(2).any(|pair| shape(&pair[0]) != shape(&pair[1])) {
            return Err(CowError::Unlike);
        }
        let chunks = self.stores.first().map_or(0, |store| store.geometry().origin_chunks());
        let mut seen = Bits::new(chunks);
        let (mut count, mut free) = (0, 0);
        for store in self.stores {
            for window in store.windows() {
                let mut window = window?;
                let all = window.len() as u64;
                window.retain(|exception| seen.insert(exception.origin.0));
                count += window.len() as u64;
                let counted = window.len() as u64;
                window.retain(|exception| !self.is_free(store.chunk(), exception));
                free += counted - window.len() as u64;
                each(store, &window, all - window.len() as u64)?;
            }
        }
        Ok((count, free))
    }

    fn is_free(&self, chunk: u64, exception: &Exception) -> bool {
        self.free.is_some_and(|free| free.is_free(exception.origin.offset(chunk), chunk))
    }
}

fn digest(chunk: &[u8]) -> [u8; 16] {
    let whole = *blake3::hash(chunk).as_bytes();
    *whole.first_chunk().unwrap_or(&[0; 16])
}

/// The blocks from the first to the last that differ.
fn differing(wanted: &[u8], found: &[u8]) -> Option<std::ops::Range<usize>> {
    let blocks = || wanted.chunks(BLOCK).zip(found.chunks(BLOCK));
    let first = blocks().position(|(one, other)| one != other)?;
    let last = blocks().rposition(|(one, other)| one != other)?;
    Some(first * BLOCK..((last + 1) * BLOCK).min(wanted.len()))
}

/// Has the kernel read ahead; where it can't, the read itself will say so.
fn ask_for(origin: &File, at: u64, length: usize) {
    let length = std::num::NonZeroU64::new(length as u64);
    let _ = fadvise(origin, at, length, Advice::WillNeed);
}
