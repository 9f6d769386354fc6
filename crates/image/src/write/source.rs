//! The image to be written, and its partition tables made fit for another length.

use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use gptman::GPT;

use super::WriteError;
use crate::table::{self, SECTOR};

/// The stretch that is written last: with it go the boot sector and the first partition table.
pub(super) const HEAD: u64 = 1 << 20;

/// An image with a sound partition table.
pub struct Source {
    file: File,
    path: PathBuf,
    length: u64,
    table: GPT,
}

/// What belongs to a medium of one length and no other.
pub(super) struct Tables {
    /// The first MiB.
    pub(super) head: Vec<u8>,
    /// The second copy of the table, up to the end of the medium.
    pub(super) tail: Vec<u8>,
    pub(super) tail_offset: u64,
}

impl Source {
    /// Opens an image.
    pub fn open(path: &Path) -> Result<Self, WriteError> {
        let failed = |source| WriteError::Image { path: path.to_owned(), source };
        let mut file = File::open(path).map_err(failed)?;
        let length = file.seek(SeekFrom::End(0)).map_err(failed)?;
        let table = table::primary(&mut file)
            .map_err(|table| WriteError::NoTable { path: path.to_owned(), table })?;
        let source = Self { file, path: path.to_owned(), length, table };
        // Partitions must lie between the head and the end; the table's own end says less.
        let sound = source.table.header.first_usable_lba * SECTOR <= HEAD
            && source.table.iter().filter(|(_, entry)| entry.is_used()).all(|(_, entry)| {
                entry.starting_lba >= HEAD / SECTOR && entry.ending_lba < length / SECTOR
            });
        if !sound || source.end_of_partitions() <= HEAD {
            let table = gptman::Error::InvalidPartitionBoundaries;
            return Err(WriteError::NoTable { path: path.to_owned(), table });
        }
        Ok(source)
    }

    /// The least that a medium must hold, in bytes.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Where the last partition ends, in bytes.
    pub(super) fn end_of_partitions(&self) -> u64 {
        let used = self.table.iter().filter(|(_, entry)| entry.is_used());
        used.map(|(_, entry)| (entry.ending_lba + 1) * SECTOR).max().unwrap_or(0)
    }

    pub(super) fn read(&self, offset: u64, length: u64) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; usize::try_from(length).unwrap_or(usize::MAX)];
        self.file.read_exact_at(&mut bytes, offset)?;
        Ok(bytes)
    }

    /// It can't be read any more, since its disk was begun.
    pub(super) fn lost(&self, source: io::Error) -> WriteError {
        WriteError::ImageLost { path: self.path.clone(), source }
    }

    /// Both tables for a medium of `capacity` bytes: firmware and kernels complain where the
    /// second one is not at the very end.
    pub(super) fn tables_for(&self, capacity: u64) -> Result<Tables, WriteError> {
        let failed = |table| WriteError::NoTable { path: self.path.clone(), table };
        let mut table = self.table.clone();
        let mut medium = Sparse { capacity, position: 0, written: Vec::new() };
        table.header.update_from(&mut medium, SECTOR).map_err(failed)?;
        table.write_into(&mut medium).map_err(failed)?;
        GPT::write_protective_mbr_into(&mut medium, SECTOR).map_err(failed)?;
        let unreadable = |source| WriteError::Image { path: self.path.clone(), source };
        let mut head = self.read(0, HEAD).map_err(unreadable)?;
        let tail_offset = (table.header.last_usable_lba + 1) * SECTOR;
        let mut tail = vec![0; usize::try_from(capacity - tail_offset).unwrap_or(usize::MAX)];
        for (offset, bytes) in medium.written {
            let (part, at) = match offset.checked_sub(tail_offset) {
                Some(at) => (&mut tail, at),
                None => (&mut head, offset),
            };
            let at = usize::try_from(at).unwrap_or(usize::MAX);
            if let Some(place) = part.get_mut(at..).and_then(|part| part.get_mut(..bytes.len())) {
                place.copy_from_slice(&bytes);
            }
        }
        Ok(Tables { head, tail, tail_offset })
    }
}

/// A medium of which only what is written is kept.
struct Sparse {
    capacity: u64,
    position: u64,
    written: Vec<(u64, Vec<u8>)>,
}

impl Seek for Sparse {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        let moved = match position {
            SeekFrom::Start(offset) => Some(offset),
            SeekFrom::End(offset) => self.capacity.checked_add_signed(offset),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
        };
        self.position = moved.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}

impl Write for Sparse {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.written.push((self.position, bytes.to_vec()));
        self.position += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
