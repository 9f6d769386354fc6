//! Reading partition tables that nobody vouches for: those of any disk that is in the machine, and
//! of any stick.
//!
//! `gptman` reads and writes them. It trusts what a header with a right checksum claims: it takes
//! memory for as many entries as that says, and ends the program over entries of another size or
//! at sector 0. So the header is looked at first.

use std::io::{self, Read, Seek, SeekFrom, Write};

use gptman::GPT;
pub use gptman::{Error, GPTHeader, GPTPartitionEntry};

/// Entries of a table and bytes of an entry, as every tool makes them and our images have them.
const ENTRIES: (u32, u32) = (128, 128);

/// Header and entries of the table with its header in this sector of so many bytes.
pub fn table_at(
    medium: &mut (impl Read + Seek),
    sector: u64,
    size: u64,
) -> Result<(GPTHeader, Vec<GPTPartitionEntry>), Error> {
    let end = medium.seek(SeekFrom::End(0))?;
    let start = sector.checked_mul(size).filter(|start| *start < end);
    medium.seek(SeekFrom::Start(start.ok_or(Error::InvalidSignature)?))?;
    let header = GPTHeader::read_from(medium)?;
    if (header.number_of_partition_entries, header.size_of_partition_entry) != ENTRIES
        || header.partition_entry_lba >= end / size
        || header.primary_lba != sector
    {
        return Err(Error::InvalidPartitionBoundaries);
    }
    let entries = header.read_partitions(medium, size)?;
    if entries.iter().any(|entry| entry.is_used() && entry.starting_lba == 0) {
        return Err(Error::InvalidPartitionBoundaries);
    }
    Ok((header, entries))
}

/// The partitions in use, by their numbers: of the table at the beginning or, where that is of no
/// use, of its copy at the end.
pub fn partitions(
    medium: &mut (impl Read + Seek),
    size: u64,
) -> Result<Vec<(u32, GPTPartitionEntry)>, Error> {
    let (_, entries) = table_at(medium, 1, size).or_else(|error| {
        let sectors = medium.seek(SeekFrom::End(0))?.checked_div(size).unwrap_or(0);
        table_at(medium, sectors.saturating_sub(1), size).map_err(|_| error)
    })?;
    Ok((1..).zip(entries).filter(|(_, entry)| entry.is_used()).collect())
}

/// What the two copies of a table are worth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Copies {
    /// Both are sound and say the same, and the protective MBR says that there is a table.
    Whole,
    /// What is left of one copy has all of it.
    Damaged(SoundCopy),
    /// There is no sound copy.
    None,
}

/// A sound copy of a table whose other copy, or whose protective MBR, is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SoundCopy {
    header: GPTHeader,
    entries: Vec<GPTPartitionEntry>,
    has_other: bool,
    is_protected: bool,
}

/// Looks at both copies of the table of a disk with sectors of so many bytes. Where both are sound and differ, the first
/// counts: firmware and kernel go by it.
pub fn copies(medium: &mut (impl Read + Seek), size: u64) -> io::Result<Copies> {
    let sectors = medium.seek(SeekFrom::End(0))?.checked_div(size).unwrap_or(0);
    let first = table_at(medium, 1, size).ok();
    let last = table_at(medium, sectors.saturating_sub(1), size).ok();
    let is_protected = is_protected(medium)?;
    Ok(match (first, last) {
        (None, None) => Copies::None,
        (Some((header, entries)), Some((other, others))) => {
            let has_other = entries == others
                && header.disk_guid == other.disk_guid
                && (header.primary_lba, header.backup_lba) == (other.backup_lba, other.primary_lba);
            if has_other && is_protected {
                Copies::Whole
            } else {
                Copies::Damaged(SoundCopy { header, entries, has_other, is_protected })
            }
        }
        (Some((header, entries)), None) | (None, Some((header, entries))) => {
            Copies::Damaged(SoundCopy { header, entries, has_other: false, is_protected })
        }
    })
}

/// Whether the disk's first sector says that the rest belongs to a table of this kind.
fn is_protected(medium: &mut (impl Read + Seek)) -> io::Result<bool> {
    /// Where the four entries of the old kind of table lie, each of so many bytes, with its type in this one.
    const ENTRIES: (usize, usize, usize) = (446, 16, 4);
    const PROTECTIVE: u8 = 0xee;
    let mut sector = [0; 512];
    medium.seek(SeekFrom::Start(0))?;
    medium.read_exact(&mut sector)?;
    let (at, length, kind) = ENTRIES;
    let is_marked = sector.ends_with(&[0x55, 0xaa]);
    Ok(is_marked && (0..4).any(|entry| sector[at + entry * length + kind] == PROTECTIVE))
}

impl SoundCopy {
    /// The partitions in use, by their numbers.
    pub fn partitions(&self) -> impl Iterator<Item = (u32, &GPTPartitionEntry)> {
        (1..).zip(&self.entries).filter(|(_, entry)| entry.is_used())
    }

    /// Writes what is not sound: the other copy, and the protective MBR behind the boot code. This copy is not written,
    /// so that a cut leaves it.
    pub fn restore(&self, medium: &mut (impl Write + Seek), size: u64) -> Result<(), Error> {
        if !self.has_other {
            let mut other = self.header.clone();
            (other.primary_lba, other.backup_lba) =
                (self.header.backup_lba, self.header.primary_lba);
            other.partition_entry_lba =
                if other.primary_lba == 1 { 2 } else { self.header.last_usable_lba + 1 };
            // What lies behind a header in its sector is zero.
            medium.seek(SeekFrom::Start(other.primary_lba * size))?;
            medium.write_all(&vec![0; usize::try_from(size).unwrap_or(0)])?;
            other.write_into(medium, size, &self.entries)?;
        }
        if !self.is_protected {
            GPT::write_protective_mbr_into(medium, size)?;
        }
        Ok(())
    }
}
