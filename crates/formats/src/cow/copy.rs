//! Copying back, and reading back.

use std::fs::File;
use std::os::unix::fs::FileExt as _;

use rustix::fs::{Advice, fadvise, fdatasync};

use super::error::CowError;
use super::store::ExceptionStore;
use super::table::Exception;
use crate::buffer::AlignedBuffer;
use crate::ext4::FreeMap;

/// How much of the store is read at once, at the most.
const BATCH: u64 = 8 << 20;
/// A gap in the store that is read over, rather than left for another request.
const GAP: u64 = 256 << 10;
/// How much may be on its way to the origin before it is waited for.
const IN_FLIGHT: u64 = 32 << 20;
/// What is written at the least: a page, and a block of most filesystems.
const BLOCK: usize = 4096;

/// What a restore did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CopyReport {
    /// The exceptions of the store.
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

/// Writes to the origin what the store holds, where they differ, but for chunks that were free in
/// the snapshot's filesystem; all of it is durable when this returns.
///
/// The store's handle is best opened with `O_DIRECT`, the origin's without. `progress` hears of
/// the exceptions that are done, and of how many, after each batch.
pub fn copy_back(
    store: &ExceptionStore<'_>,
    free: Option<&FreeMap>,
    origin: &File,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<CopyReport, CowError> {
    let mut report = CopyReport { exceptions: store.exceptions(), ..CopyReport::default() };
    let mut there = AlignedBuffer::new(size(store.chunk()));
    let mut unsynced = 0;
    let mut done = 0;
    let mut each = |batch: &Batch<'_>| {
        for (at, wanted) in batch.chunks() {
            ask_for(origin, at, wanted.len());
        }
        for (at, wanted) in batch.chunks() {
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
            unsynced += store.chunk();
        }
        if unsynced >= IN_FLIGHT {
            fdatasync(origin).map_err(|error| CowError::Write(error.into()))?;
            unsynced = 0;
        }
        Ok(())
    };
    let skipped = batches(store, free, &mut each, &mut |count| {
        done += count;
        progress(done, store.exceptions());
    })?;
    report.free = skipped;
    fdatasync(origin).map_err(|error| CowError::Write(error.into()))?;
    Ok(report)
}

/// Whether the origin holds everywhere what [`copy_back`] leaves there; both handles are best
/// opened with `O_DIRECT`, so that the disks answer and not memory.
pub fn verify(
    store: &ExceptionStore<'_>,
    free: Option<&FreeMap>,
    origin: &File,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<(), CowError> {
    let mut there = AlignedBuffer::new(size(store.chunk()));
    let mut done = 0;
    let mut each = |batch: &Batch<'_>| {
        for (at, wanted) in batch.chunks() {
            let found = there.first(wanted.len());
            origin.read_exact_at(found, at).map_err(CowError::Origin)?;
            if let Some(range) = differing(wanted, found) {
                return Err(CowError::Differs(at + range.start as u64));
            }
        }
        Ok(())
    };
    batches(store, free, &mut each, &mut |count| {
        done += count;
        progress(done, store.exceptions());
    })?;
    Ok(())
}

/// Exceptions that lie together in the store, and what it holds there.
struct Batch<'a> {
    store: &'a ExceptionStore<'a>,
    exceptions: &'a [Exception],
    /// The store from the first exception's chunk on.
    stored: &'a [u8],
}

impl Batch<'_> {
    /// Where in the origin each chunk belongs, and what belongs there.
    fn chunks(&self) -> impl Iterator<Item = (u64, &[u8])> {
        let first = self.exceptions.first().map(|exception| exception.stored).unwrap_or_default();
        self.exceptions.iter().map(move |exception| {
            let (at, length) = self.store.geometry().place(exception.origin);
            let start = size((exception.stored - first) * self.store.chunk());
            (at, &self.stored[start..start + length])
        })
    }
}

type Each<'a> = dyn FnMut(&Batch<'_>) -> Result<(), CowError> + 'a;

/// Reads what the store holds, in its order, many chunks with each request. Returns how many
/// exceptions were passed over as free.
fn batches(
    store: &ExceptionStore<'_>,
    free: Option<&FreeMap>,
    each: &mut Each<'_>,
    done: &mut dyn FnMut(u64),
) -> Result<u64, CowError> {
    let chunk = store.chunk();
    let mut buffer = AlignedBuffer::new(size(BATCH.max(chunk)));
    let mut skipped = 0;
    for window in store.windows() {
        let mut window = window?;
        let all = window.len() as u64;
        if let Some(free) = free {
            window.retain(|exception| !free.is_free(exception.origin.offset(chunk), chunk));
        }
        let passed = all - window.len() as u64;
        skipped += passed;
        done(passed);
        for run in window.chunk_by(|one, next| (next.stored - one.stored) * chunk <= GAP + chunk) {
            for exceptions in pieces(run, chunk) {
                let (Some(first), Some(last)) = (exceptions.first(), exceptions.last()) else {
                    continue;
                };
                let length = size((last.stored - first.stored + 1) * chunk);
                let stored = buffer.first(length);
                store
                    .geometry()
                    .file()
                    .read_exact_at(stored, first.stored.offset(chunk))
                    .map_err(CowError::Store)?;
                each(&Batch { store, exceptions, stored })?;
                done(exceptions.len() as u64);
            }
        }
    }
    Ok(skipped)
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

/// Sizes here are those of a chunk or of a batch.
fn size(bytes: u64) -> usize {
    usize::try_from(bytes).unwrap_or(usize::MAX)
}
