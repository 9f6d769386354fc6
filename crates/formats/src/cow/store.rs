//! The store and its header.

use std::fs::File;
use std::io::{self, Seek as _, SeekFrom};
use std::os::unix::fs::FileExt as _;

use super::error::CowError;
use super::table::{self, Windows};
use crate::buffer::AlignedBuffer;

const MAGIC: u32 = 0x7041_6e53;
const VERSION: u32 = 1;
const SECTOR: u64 = 512;
/// LVM takes chunks from 4 KiB to 512 KiB.
const CHUNKS: std::ops::RangeInclusive<u64> = 4096..=512 << 10;
/// What is read of the header: any disk's block.
const HEADER: usize = 4096;

/// A store whose whole table has been checked.
#[derive(Debug)]
pub struct ExceptionStore<'a> {
    file: &'a File,
    chunk: u64,
    chunks: u64,
    origin_length: u64,
    exceptions: u64,
}

/// Whether the kernel has written into a store that it has given it up.
pub fn is_given_up(file: &File) -> io::Result<bool> {
    let mut buffer = AlignedBuffer::new(HEADER);
    let header = buffer.first(HEADER);
    file.read_exact_at(header, 0)?;
    Ok(word(header, 0) == MAGIC && word(header, 1) == 0)
}

/// A number of the header.
fn word(header: &[u8], index: usize) -> u32 {
    u32::from_le_bytes(header[index * 4..][..4].try_into().unwrap_or_default())
}

impl<'a> ExceptionStore<'a> {
    /// Reads the store of a snapshot of `origin`, and checks that its table is one that the kernel
    /// can have written for this origin.
    pub fn open(file: &'a File, origin: &File) -> Result<Self, CowError> {
        let length = (&*file).seek(SeekFrom::End(0)).map_err(CowError::Store)?;
        let origin_length = (&*origin).seek(SeekFrom::End(0)).map_err(CowError::Origin)?;
        if length < HEADER as u64 {
            return Err(CowError::NoStore);
        }
        let mut buffer = AlignedBuffer::new(HEADER);
        let header = buffer.first(HEADER);
        file.read_exact_at(header, 0).map_err(CowError::Store)?;
        let word = |index| word(header, index);
        if word(0) != MAGIC {
            return Err(CowError::NoStore);
        }
        if word(2) != VERSION {
            return Err(CowError::Version(word(2)));
        }
        if word(1) != 1 {
            return Err(CowError::Overflowed);
        }
        let chunk = u64::from(word(3)) * SECTOR;
        if !CHUNKS.contains(&chunk) || !chunk.is_power_of_two() {
            return Err(CowError::ChunkSize(word(3)));
        }
        let chunks = length / chunk;
        let mut store = Self { file, chunk, chunks, origin_length, exceptions: 0 };
        store.exceptions = table::checked(&store, origin)?;
        Ok(store)
    }

    /// The size of a chunk in bytes.
    pub const fn chunk(&self) -> u64 {
        self.chunk
    }

    /// How many exceptions it has.
    pub const fn exceptions(&self) -> u64 {
        self.exceptions
    }

    /// How much of it is used, in hundredths of a percent: header, table and exceptions.
    pub fn fill(&self) -> u32 {
        let areas = self.exceptions / self.per_area() + 1;
        let used = 1 + areas + self.exceptions;
        u32::try_from(used * 10_000 / self.chunks.max(1)).unwrap_or(u32::MAX)
    }

    /// How many chunks it has.
    pub(crate) const fn chunks(&self) -> u64 {
        self.chunks
    }

    /// The length of the origin in bytes.
    pub const fn origin_length(&self) -> u64 {
        self.origin_length
    }

    /// The handle that its chunks are read from.
    pub(crate) const fn file(&self) -> &File {
        self.file
    }

    /// Where a chunk of the origin lies, and how long it is: the last one may be shorter.
    pub(crate) fn place(&self, origin: u64) -> (u64, usize) {
        let at = origin * self.chunk;
        (at, usize::try_from(self.chunk.min(self.origin_length - at)).unwrap_or(usize::MAX))
    }

    /// The exceptions, so many at a time that they take little memory, in the order in which the
    /// store holds what they stand for.
    pub(crate) fn windows(&self) -> Windows<'_> {
        Windows::of(self)
    }
}
