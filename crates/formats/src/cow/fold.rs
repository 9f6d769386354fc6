//! A store made to stand for the same state over a later origin: the fold.
//!
//! Two snapshots of one origin, A taken before B, cost two copies of each chunk that is written. With the fold,
//! only B is alive. A's store is a plain volume with a store in it that no kernel loads, and it stands for A
//! over B: what it has no exception for is as B has it. When B gives way to a later snapshot C, B's store has
//! each chunk that changed between the two, as B had it. Appended to A's store, as far as that has no exception
//! for the chunk, they change nothing over B, and over C they make A whole. So a fold may be cut anywhere and
//! done again, and nothing has to change at the same moment as anything else.
//!
//! # The order of the writes
//!
//! 1. the chunks, behind those that are there;
//! 2. the areas of the table behind the first that changes, and where it will end at the end of one, zeros in
//!    the next. The table ends in that first one still, so nobody reads them;
//! 3. that first one.
//!
//! Each of them is durable before the next begins. An area is made from the list of exceptions and zeros, and
//! never from what is on the disk: an area that a cut has torn has entries behind a gap, which a later fold
//! would bring back to life.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;

use rustix::fs::fdatasync;
use zshield_units::Bytes;

use super::batch::{Batch, batches, size};
use super::chunk::ChunkIndex;
use super::error::CowError;
use super::store::ExceptionStore;
use super::table::Exception;
use crate::bits::Bits;
use crate::buffer::AlignedBuffer;

/// How much may be on its way to the store before it is waited for.
const IN_FLIGHT: u64 = 32 << 20;

/// What a fold did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FoldReport {
    /// The exceptions of the outgoing store for which there was one already.
    pub held: u64,
    /// Those that were appended.
    pub appended: u64,
}

/// What was copied of a fold at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    /// How many exceptions of the outgoing store are done, those for which there was one already included.
    pub done: u64,
    /// Of how many.
    pub total: u64,
    /// How much was read and written for this piece.
    pub moved: Bytes,
}

/// Where a store is written.
pub trait StoreWriter {
    /// Writes bytes at an offset.
    fn write_at(&self, bytes: &[u8], at: u64) -> io::Result<()>;
    /// Makes durable what was written.
    fn flush(&self) -> io::Result<()>;
}

impl StoreWriter for File {
    fn write_at(&self, bytes: &[u8], at: u64) -> io::Result<()> {
        self.write_all_at(bytes, at)
    }

    fn flush(&self) -> io::Result<()> {
        Ok(fdatasync(self)?)
    }
}

/// Appends to `store`, by `writer`, what `outgoing` has exceptions for and `store` has not; all of it is
/// durable when this returns. `outgoing` was opened after the snapshot that follows it was taken.
///
/// `each` is called after each piece that was copied; as long as it takes, the disk is left alone.
///
/// # Errors
///
/// Before the first write: one of the stores can't be read, they have chunks of two sizes or origins of two
/// lengths, or there is no room. After an error in writing the store stands for the same over B, and the fold
/// can be done again.
pub fn fold(
    outgoing: &ExceptionStore<'_>,
    store: &ExceptionStore<'_>,
    writer: &dyn StoreWriter,
    each: &mut dyn FnMut(Piece),
) -> Result<FoldReport, CowError> {
    if outgoing.chunk() != store.chunk() || outgoing.origin_length() != store.origin_length() {
        return Err(CowError::Unlike);
    }
    let table = Table::extended(store, outgoing)?;
    let report =
        FoldReport { held: outgoing.exceptions() - table.appended(), appended: table.appended() };
    if report.appended == 0 {
        return Ok(report);
    }
    table.check_room()?;
    copy(outgoing, &table, writer, each)?;
    table.write(writer)?;
    Ok(report)
}

/// A store's table, with the exceptions that a fold appends.
struct Table<'a> {
    store: &'a ExceptionStore<'a>,
    /// The chunks of the origin that it had exceptions for.
    held: Bits,
    /// The chunks of the origin from the first entry on of the first area that changes.
    origins: Vec<ChunkIndex>,
    /// The first area that changes.
    first: u64,
}

impl<'a> Table<'a> {
    fn extended(
        store: &'a ExceptionStore<'a>,
        outgoing: &ExceptionStore<'_>,
    ) -> Result<Self, CowError> {
        let per_area = store.geometry().per_area();
        let first = store.exceptions() / per_area;
        let mut held = Bits::new(store.geometry().origin_chunks());
        let mut origins = Vec::new();
        let mut index = 0;
        for window in store.windows() {
            for exception in window? {
                held.insert(exception.origin.0);
                if index >= first * per_area {
                    origins.push(exception.origin);
                }
                index += 1;
            }
        }
        for window in outgoing.windows() {
            let fresh = |exception: &Exception| !held.contains(exception.origin.0);
            origins.extend(window?.iter().filter(|it| fresh(it)).map(|it| it.origin));
        }
        Ok(Self { store, held, origins, first })
    }

    /// The number of the first entry of the first area that changes.
    const fn begins(&self) -> u64 {
        self.first * self.store.geometry().per_area()
    }

    /// How many entries there will be.
    const fn ends(&self) -> u64 {
        self.begins() + self.origins.len() as u64
    }

    const fn appended(&self) -> u64 {
        self.ends() - self.store.exceptions()
    }

    /// The chunk of the store that belongs to an entry.
    fn stored(&self, entry: u64) -> ChunkIndex {
        let per_area = self.store.geometry().per_area();
        self.store.geometry().chunk_of_area(entry / per_area) + 1 + entry % per_area
    }

    /// The area behind a table that ends at the end of one.
    const fn next_area(&self) -> Option<u64> {
        let per_area = self.store.geometry().per_area();
        if self.ends().is_multiple_of(per_area) { Some(self.ends() / per_area) } else { None }
    }

    /// How many entries there are from this one to the end of its area: so many chunks lie together.
    const fn left_in_area(&self, entry: u64) -> u64 {
        let per_area = self.store.geometry().per_area();
        per_area - entry % per_area
    }

    fn check_room(&self) -> Result<(), CowError> {
        let area = self.next_area().map(|area| self.store.geometry().chunk_of_area(area));
        let last = area.unwrap_or_else(|| self.stored(self.ends() - 1));
        let room = self.store.geometry().chunks();
        if last.0 < room { Ok(()) } else { Err(CowError::Full { needed: last.0 + 1, room }) }
    }

    /// Writes the areas that change, the first one last.
    fn write(&self, writer: &dyn StoreWriter) -> Result<(), CowError> {
        let per_area = self.store.geometry().per_area();
        let areas: Vec<_> = (self.first..).zip(self.origins.chunks(size(per_area))).collect();
        let Some(((first, entries), rest)) = areas.split_first() else { return Ok(()) };
        let mut buffer = AlignedBuffer::new(size(self.store.chunk()));
        let mut put = |area, entries| self.put(area, entries, &mut buffer, writer);
        if let Some(next) = self.next_area() {
            put(next, &[])?;
        }
        for (area, entries) in rest {
            put(*area, entries)?;
        }
        writer.flush().map_err(CowError::StoreWrite)?;
        put(*first, entries)?;
        writer.flush().map_err(CowError::StoreWrite)
    }

    /// Writes an area of these entries, and zeros behind them.
    fn put(
        &self,
        area: u64,
        entries: &[ChunkIndex],
        buffer: &mut AlignedBuffer,
        writer: &dyn StoreWriter,
    ) -> Result<(), CowError> {
        let (chunk, geometry) = (self.store.chunk(), self.store.geometry());
        let bytes = buffer.first(size(chunk));
        bytes.fill(0);
        let first = area * geometry.per_area();
        for ((entry, origin), bytes) in (first..).zip(entries).zip(bytes.chunks_exact_mut(16)) {
            bytes[..8].copy_from_slice(&origin.0.to_le_bytes());
            bytes[8..].copy_from_slice(&self.stored(entry).0.to_le_bytes());
        }
        let at = geometry.chunk_of_area(area).offset(chunk);
        writer.write_at(bytes, at).map_err(CowError::StoreWrite)
    }
}

/// Writes the chunks that the table will name, in the order of the outgoing store.
fn copy(
    outgoing: &ExceptionStore<'_>,
    table: &Table<'_>,
    writer: &dyn StoreWriter,
    each: &mut dyn FnMut(Piece),
) -> Result<(), CowError> {
    let chunk = outgoing.chunk();
    let mut entry = table.store.exceptions();
    let mut unsynced = 0;
    let mut done = 0;
    let mut put = |batch: &Batch<'_>| {
        // What lies together in both stores is one request.
        let mut first = 0;
        while first < batch.count() {
            let stretch = batch.stretch(first, table.left_in_area(entry));
            let at = table.stored(entry).offset(chunk);
            writer.write_at(stretch, at).map_err(CowError::StoreWrite)?;
            let count = stretch.len() as u64 / chunk;
            (entry, first) = (entry + count, first + count);
        }
        unsynced += batch.count() * chunk;
        if unsynced >= IN_FLIGHT {
            writer.flush().map_err(CowError::StoreWrite)?;
            unsynced = 0;
        }
        Ok(())
    };
    for window in outgoing.windows() {
        let mut window = window?;
        let all = window.len() as u64;
        window.retain(|exception| !table.held.contains(exception.origin.0));
        done += all - window.len() as u64;
        batches(outgoing, &window, &mut |batch| {
            put(batch)?;
            done += batch.count();
            let moved = Bytes(batch.length() + batch.count() * chunk);
            each(Piece { done, total: outgoing.exceptions(), moved });
            Ok(())
        })?;
    }
    writer.flush().map_err(CowError::StoreWrite)
}
