//! A store's header, and the places that follow from it.

use std::fs::File;
use std::io::{self, Seek as _, SeekFrom};
use std::os::unix::fs::FileExt as _;

use zshield_units::{FillRatio, Sectors};

use super::chunk::ChunkIndex;
use super::error::CowError;
use crate::buffer::AlignedBuffer;

const MAGIC: u32 = 0x7041_6e53;
const VERSION: u32 = 1;
/// LVM takes chunks from 4 KiB to 512 KiB.
const CHUNKS: std::ops::RangeInclusive<u64> = 4096..=512 << 10;
/// What is read of the header: any disk's block.
const HEADER: usize = 4096;
/// The size of one exception.
const EXCEPTION: u64 = 16;

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

/// What a store says of itself without its table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    chunk: u64,
    chunks: u64,
}

impl Header {
    /// Reads the header of a store, and checks that it is one that the kernel would use.
    pub fn read(store: &File) -> Result<Self, CowError> {
        let length = (&*store).seek(SeekFrom::End(0)).map_err(CowError::Store)?;
        if length < HEADER as u64 {
            return Err(CowError::NoStore);
        }
        let mut buffer = AlignedBuffer::new(HEADER);
        let header = buffer.first(HEADER);
        store.read_exact_at(header, 0).map_err(CowError::Store)?;
        let word = |index| word(header, index);
        match word(0) {
            MAGIC => {}
            0 => return Err(CowError::Empty),
            _ => return Err(CowError::NoStore),
        }
        if word(2) != VERSION {
            return Err(CowError::Version(word(2)));
        }
        if word(1) != 1 {
            return Err(CowError::Overflowed);
        }
        let sectors = Sectors(word(3).into());
        let chunk = sectors.bytes().0;
        if !CHUNKS.contains(&chunk) || !chunk.is_power_of_two() {
            return Err(CowError::ChunkSize(sectors));
        }
        Ok(Self { chunk, chunks: length / chunk })
    }

    /// The size of a chunk in bytes.
    pub const fn chunk(&self) -> u64 {
        self.chunk
    }

    /// How many exceptions an area of the table has.
    const fn per_area(&self) -> u64 {
        self.chunk / EXCEPTION
    }

    /// How much of the store is used where it has so many exceptions: header, table and exceptions.
    pub fn fill(&self, exceptions: u64) -> FillRatio {
        let areas = exceptions / self.per_area() + 1;
        FillRatio::of((areas + 1).saturating_add(exceptions), self.chunks)
    }
}

/// A store whose header has been checked, and the length of its origin.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Geometry<'a> {
    file: &'a File,
    header: Header,
    origin_length: u64,
}

impl<'a> Geometry<'a> {
    /// Reads the header of the store of a snapshot of `origin`.
    pub(crate) fn read(file: &'a File, origin: &File) -> Result<Self, CowError> {
        let origin_length = (&*origin).seek(SeekFrom::End(0)).map_err(CowError::Origin)?;
        Ok(Self { file, header: Header::read(file)?, origin_length })
    }

    /// The size of a chunk in bytes.
    pub(crate) const fn chunk(&self) -> u64 {
        self.header.chunk
    }

    /// The store's header.
    pub(crate) const fn header(&self) -> Header {
        self.header
    }

    /// How many chunks the store has.
    pub(crate) const fn chunks(&self) -> u64 {
        self.header.chunks
    }

    /// The length of the origin in bytes.
    pub(crate) const fn origin_length(&self) -> u64 {
        self.origin_length
    }

    /// How many chunks the origin has.
    pub(crate) const fn origin_chunks(&self) -> u64 {
        self.origin_length.div_ceil(self.chunk())
    }

    /// The handle that the store's chunks are read from.
    pub(crate) const fn file(&self) -> &'a File {
        self.file
    }

    /// How many exceptions an area of the table has.
    pub(crate) const fn per_area(&self) -> u64 {
        self.header.per_area()
    }

    /// The chunk of the store that holds an area of the table.
    pub(crate) const fn chunk_of_area(&self, area: u64) -> ChunkIndex {
        ChunkIndex(1 + area * (self.per_area() + 1))
    }

    /// Whether the origin has a chunk of this number.
    pub(crate) const fn origin_has(&self, chunk: ChunkIndex) -> bool {
        chunk.0 < self.origin_chunks()
    }

    /// Whether the store has a chunk of this number.
    pub(crate) const fn store_has(&self, chunk: ChunkIndex) -> bool {
        chunk.0 < self.chunks()
    }

    /// Where a chunk of the origin lies, and how long it is: the last one may be shorter.
    pub(crate) fn place(&self, origin: ChunkIndex) -> (u64, usize) {
        let at = origin.offset(self.chunk());
        (at, usize::try_from(self.chunk().min(self.origin_length - at)).unwrap_or(usize::MAX))
    }
}
