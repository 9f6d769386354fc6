//! The table of a store: read an area at a time, and checked whole.
//!
//! # What a sound table looks like
//!
//! The kernel gives the store's chunks away in order, and commits exceptions in the order in which
//! it gave their chunks away (`exception_complete_sequence` in `drivers/md/dm-snap.c`; every kernel
//! since 3.13 does). So the exceptions fill the table without a gap, and each has the chunk that is
//! next. An area is emptied before the one before it is full, so that behind the last exception
//! there are zeros.
//!
//! One thing breaks this. When the power goes while an area is written, some of its sectors may be
//! on the disk and others not: then a gap is left that ends where a sector begins, and what comes
//! after it was never committed. That table is sound as far as the gap. It is told from a table
//! that has lost a sector by the origin: a write to it waits until its exception is committed, so
//! what was never committed has not changed.

use std::fs::File;
use std::os::unix::fs::FileExt as _;

use super::chunk::ChunkIndex;
use super::error::{Corrupt, CowError};
use super::geometry::Geometry;
use crate::bits::Bits;
use crate::buffer::AlignedBuffer;

/// How many of them a disk writes as a whole.
const PER_SECTOR: usize = 32;
/// How many exceptions are looked at together, at the most.
const WINDOW: usize = 1 << 16;

/// A chunk that has changed, and where the store has what stood there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Exception {
    /// The chunk of the origin.
    pub(crate) origin: ChunkIndex,
    /// The chunk of the store.
    pub(crate) stored: ChunkIndex,
}

impl Exception {
    /// What stands behind the last one.
    const NONE: Self = Self { origin: ChunkIndex(0), stored: ChunkIndex(0) };

    /// Whether it names a chunk of the store: chunk 0 is the header.
    const fn has_place(self) -> bool {
        self.stored.0 != 0
    }
}

/// How many exceptions there are in a store, all of them checked.
pub(crate) fn checked(store: Geometry<'_>, origin: &File) -> Result<u64, CowError> {
    let mut changed = Bits::new(store.origin_chunks());
    let mut areas = Areas::of(store);
    let mut count = 0;
    loop {
        let area = areas.read()?;
        for exception in area.exceptions() {
            if !changed.insert(exception.origin.0) {
                return Err(area.corrupt(Corrupt::OriginTwice(exception.origin)));
            }
        }
        count += area.exceptions().len() as u64;
        if area.ends() {
            area.check_rest(store, origin, &changed)?;
            return Ok(count);
        }
    }
}

/// One area of the table.
struct Area {
    number: u64,
    /// The chunk of the store that belongs to its first entry.
    first: ChunkIndex,
    entries: Vec<Exception>,
    /// How many of them stand before its end.
    used: usize,
}

impl Area {
    fn exceptions(&self) -> &[Exception] {
        &self.entries[..self.used]
    }

    /// Whether the table ends in it.
    fn ends(&self) -> bool {
        self.used < self.entries.len()
    }

    fn corrupt(&self, why: Corrupt) -> CowError {
        CowError::Corrupt { area: self.number, why }
    }

    /// Checks what an entry says by itself.
    fn check(&self, store: Geometry<'_>, index: usize) -> Result<(), Corrupt> {
        let Exception { origin, stored } = self.entries[index];
        let next = self.first + index as u64;
        if !store.origin_has(origin) {
            return Err(Corrupt::OutsideOrigin(origin));
        }
        if stored != next {
            return Err(Corrupt::OutOfOrder { named: stored, next });
        }
        if !store.store_has(stored) {
            return Err(Corrupt::OutsideStore(stored));
        }
        Ok(())
    }

    /// Checks that what stands behind the last exception is nothing, or was never committed.
    fn check_rest(
        &self,
        store: Geometry<'_>,
        origin: &File,
        changed: &Bits,
    ) -> Result<(), CowError> {
        let gap = || self.corrupt(Corrupt::Gap(self.used as u64));
        for (index, entry) in self.entries.iter().enumerate().skip(self.used) {
            if *entry == Exception::NONE {
                continue;
            }
            if !entry.has_place() {
                return Err(self.corrupt(Corrupt::NoPlace(entry.origin)));
            }
            let follows = index > 0 && self.entries[index - 1] != Exception::NONE;
            if !follows && !index.is_multiple_of(PER_SECTOR) {
                return Err(gap());
            }
            self.check(store, index).map_err(|_| gap())?;
            if !changed.contains(entry.origin.0) && !is_unchanged(store, origin, entry)? {
                return Err(gap());
            }
        }
        Ok(())
    }
}

/// Whether the origin still has what the store holds of it.
fn is_unchanged(
    store: Geometry<'_>,
    origin: &File,
    exception: &Exception,
) -> Result<bool, CowError> {
    let (at, length) = store.place(exception.origin);
    let (mut here, mut there) = (AlignedBuffer::new(length), AlignedBuffer::new(length));
    let (here, there) = (here.first(length), there.first(length));
    let stored = exception.stored.offset(store.chunk());
    store.file().read_exact_at(here, stored).map_err(CowError::Store)?;
    origin.read_exact_at(there, at).map_err(CowError::Origin)?;
    Ok(here == there)
}

/// Reads one area of the table after another.
struct Areas<'a> {
    store: Geometry<'a>,
    buffer: AlignedBuffer,
    next: u64,
}

impl<'a> Areas<'a> {
    fn of(store: Geometry<'a>) -> Self {
        let length = usize::try_from(store.chunk()).unwrap_or(0);
        Self { store, buffer: AlignedBuffer::new(length), next: 0 }
    }

    /// The next area, each of its exceptions checked by itself.
    fn read(&mut self) -> Result<Area, CowError> {
        let number = self.next;
        let chunk = self.store.chunk_of_area(number);
        if !self.store.store_has(chunk) {
            return Err(CowError::Corrupt { area: number, why: Corrupt::Truncated });
        }
        let length = usize::try_from(self.store.chunk()).unwrap_or(0);
        let bytes = self.buffer.first(length);
        let read = self.store.file().read_exact_at(bytes, chunk.offset(self.store.chunk()));
        read.map_err(CowError::Store)?;
        self.next += 1;
        let word =
            |bytes: &[u8]| ChunkIndex(u64::from_le_bytes(bytes.try_into().unwrap_or_default()));
        let entries: Vec<Exception> = bytes
            .chunks_exact(16)
            .map(|pair| Exception { origin: word(&pair[..8]), stored: word(&pair[8..]) })
            .collect();
        let used = entries.iter().take_while(|entry| entry.has_place()).count();
        let area = Area { number, first: chunk + 1, entries, used };
        for index in 0..used {
            area.check(self.store, index).map_err(|why| area.corrupt(why))?;
        }
        Ok(area)
    }
}

/// See [`ExceptionStore::windows`].
pub(crate) struct Windows<'a> {
    areas: Areas<'a>,
    /// How many exceptions are still to come. What is added to the table meanwhile is not looked
    /// at: it was not checked.
    left: u64,
}

impl<'a> Windows<'a> {
    /// The first `count` exceptions of a store.
    pub(crate) fn new(store: Geometry<'a>, count: u64) -> Self {
        Self { areas: Areas::of(store), left: count }
    }

    fn window(&mut self) -> Result<Vec<Exception>, CowError> {
        let mut window = Vec::new();
        while self.left > 0 && window.len() < WINDOW {
            let area = self.areas.read()?;
            let left = usize::try_from(self.left).unwrap_or(usize::MAX);
            let found = &area.exceptions()[..left.min(area.used)];
            self.left -= found.len() as u64;
            window.extend_from_slice(found);
            if self.left > 0 && area.ends() {
                return Err(area.corrupt(Corrupt::Gap(area.used as u64)));
            }
        }
        Ok(window)
    }
}

impl Iterator for Windows<'_> {
    type Item = Result<Vec<Exception>, CowError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.left == 0 {
            return None;
        }
        let window = self.window();
        if window.is_err() {
            self.left = 0;
        }
        Some(window)
    }
}
