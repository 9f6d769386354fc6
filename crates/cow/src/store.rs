//! The store: its header and its table.

use std::fs::File;
use std::io::{Seek as _, SeekFrom};
use std::os::unix::fs::FileExt as _;

use crate::bits::Bits;
use crate::buffer::Buffer;
use crate::error::{Corrupt, CowError};

const MAGIC: u32 = 0x7041_6e53;
const VERSION: u32 = 1;
const SECTOR: u64 = 512;
/// LVM takes chunks from 4 KiB to 512 KiB.
const CHUNKS: std::ops::RangeInclusive<u64> = 4096..=512 << 10;
/// The size of one exception in the table.
const EXCEPTION: u64 = 16;
/// What is read of the header: any disk's block.
const HEADER: usize = 4096;
/// How many exceptions are looked at together, at the most.
const WINDOW: usize = 1 << 16;

/// A chunk that has changed, and where the store has what stood there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exception {
    /// The chunk of the origin.
    pub origin: u64,
    /// The chunk of the store.
    pub stored: u64,
}

/// A store whose whole table has been checked.
#[derive(Debug)]
pub struct Store<'a> {
    file: &'a File,
    chunk: u64,
    origin_length: u64,
    exceptions: u64,
}

impl<'a> Store<'a> {
    /// Reads a store, and checks that no part of its table contradicts another or leads outside of
    /// the store or of an origin of `origin_length` bytes.
    pub fn open(file: &'a File, origin_length: u64) -> Result<Self, CowError> {
        let length = (&*file).seek(SeekFrom::End(0)).map_err(CowError::Store)?;
        if length < HEADER as u64 {
            return Err(CowError::NoStore);
        }
        let mut buffer = Buffer::new(HEADER);
        let header = buffer.first(HEADER);
        file.read_exact_at(header, 0).map_err(CowError::Store)?;
        let word = |index: usize| {
            let bytes = header[index * 4..][..4].try_into().unwrap_or_default();
            u32::from_le_bytes(bytes)
        };
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
        let mut store = Self { file, chunk, origin_length, exceptions: 0 };
        store.exceptions = store.checked(length / chunk)?;
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

    /// The length of the origin in bytes.
    pub(crate) const fn origin_length(&self) -> u64 {
        self.origin_length
    }

    /// The handle that its chunks are read from.
    pub(crate) const fn file(&self) -> &File {
        self.file
    }

    const fn per_area(&self) -> u64 {
        self.chunk / EXCEPTION
    }

    const fn chunk_of_area(&self, area: u64) -> u64 {
        1 + area * (self.per_area() + 1)
    }

    const fn is_table(&self, chunk: u64) -> bool {
        chunk == 0 || (chunk - 1).is_multiple_of(self.per_area() + 1)
    }

    /// How many exceptions there are in a store of so many chunks, each of them checked.
    fn checked(&self, chunks: u64) -> Result<u64, CowError> {
        let origin_chunks = self.origin_length.div_ceil(self.chunk);
        let (mut origins, mut stored) = (Bits::new(origin_chunks), Bits::new(chunks));
        let mut areas = Areas::of(self);
        let mut count = 0;
        loop {
            let area = areas.next;
            let corrupt = |why| CowError::Corrupt { area, why };
            if self.chunk_of_area(area) >= chunks {
                return Err(corrupt(Corrupt::Truncated));
            }
            let (found, ends) = areas.read()?;
            for exception in &found {
                if exception.origin >= origin_chunks {
                    return Err(corrupt(Corrupt::OutsideOrigin(exception.origin)));
                }
                if exception.stored >= chunks {
                    return Err(corrupt(Corrupt::OutsideStore(exception.stored)));
                }
                if self.is_table(exception.stored) {
                    return Err(corrupt(Corrupt::InTable(exception.stored)));
                }
                if !origins.insert(exception.origin) {
                    return Err(corrupt(Corrupt::OriginTwice(exception.origin)));
                }
                if !stored.insert(exception.stored) {
                    return Err(corrupt(Corrupt::StoredTwice(exception.stored)));
                }
            }
            count += found.len() as u64;
            if ends {
                return Ok(count);
            }
        }
    }

    /// The exceptions, so many at a time that they take little memory, each part in the order in
    /// which the store holds what they stand for.
    pub(crate) fn windows(&self) -> Windows<'_> {
        Windows { areas: Some(Areas::of(self)), left: self.exceptions }
    }
}

/// Reads one area of the table after another.
struct Areas<'a> {
    store: &'a Store<'a>,
    buffer: Buffer,
    next: u64,
}

impl<'a> Areas<'a> {
    fn of(store: &'a Store<'a>) -> Self {
        let length = usize::try_from(store.chunk).unwrap_or(0);
        Self { store, buffer: Buffer::new(length), next: 0 }
    }

    /// The next area's exceptions, and whether the table ends with them.
    fn read(&mut self) -> Result<(Vec<Exception>, bool), CowError> {
        let length = usize::try_from(self.store.chunk).unwrap_or(0);
        let at = self.store.chunk_of_area(self.next) * self.store.chunk;
        self.next += 1;
        let area = self.buffer.first(length);
        self.store.file.read_exact_at(area, at).map_err(CowError::Store)?;
        let number = |bytes: &[u8]| u64::from_le_bytes(bytes.try_into().unwrap_or_default());
        let found: Vec<Exception> = area
            .chunks_exact(16)
            .map(|pair| Exception { origin: number(&pair[..8]), stored: number(&pair[8..]) })
            .take_while(|exception| exception.stored != 0)
            .collect();
        let ends = (found.len() as u64) < self.store.per_area();
        Ok((found, ends))
    }
}

/// See [`Store::windows`].
pub(crate) struct Windows<'a> {
    areas: Option<Areas<'a>>,
    /// How many exceptions are still to come. What is added to the table meanwhile is not looked
    /// at: it was not checked.
    left: u64,
}

impl Iterator for Windows<'_> {
    type Item = Result<Vec<Exception>, CowError>;

    fn next(&mut self) -> Option<Self::Item> {
        let areas = self.areas.as_mut()?;
        let mut window = Vec::new();
        let mut ends = false;
        while !ends && self.left > 0 && window.len() < WINDOW {
            match areas.read() {
                Ok((mut found, last)) => {
                    found.truncate(usize::try_from(self.left).unwrap_or(usize::MAX));
                    self.left -= found.len() as u64;
                    window.extend(found);
                    ends = last;
                }
                Err(error) => {
                    self.areas = None;
                    return Some(Err(error));
                }
            }
        }
        if ends || self.left == 0 {
            self.areas = None;
        }
        window.sort_unstable_by_key(|exception| exception.stored);
        (!window.is_empty()).then_some(Ok(window))
    }
}
