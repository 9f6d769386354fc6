//! Copying back, and reading back.

use std::fs::File;
use std::os::unix::fs::FileExt as _;

use rustix::fs::{Advice, fadvise, fdatasync};

use super::batch::{Batch, batches, size};
use super::error::CowError;
use super::store::ExceptionStore;
use super::table::Exception;
use crate::buffer::AlignedBuffer;
use crate::ext4::FreeMap;

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
    let skipped = batches(store, &is_used(store, free), &mut each, &mut |count| {
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
    batches(store, &is_used(store, free), &mut each, &mut |count| {
        done += count;
        progress(done, store.exceptions());
    })?;
    Ok(())
}

/// Whether an exception's chunk was in use in the snapshot's filesystem; all were where nothing is known of it.
fn is_used(store: &ExceptionStore<'_>, free: Option<&FreeMap>) -> impl Fn(&Exception) -> bool {
    let chunk = store.chunk();
    move |exception| !free.is_some_and(|free| free.is_free(exception.origin.offset(chunk), chunk))
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
