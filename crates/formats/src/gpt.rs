//! Reading partition tables that nobody vouches for: those of any disk that is in the machine, and
//! of any stick.
//!
//! `gptman` reads and writes them. It trusts what a header with a right checksum claims: it takes
//! memory for as many entries as that says, and ends the program over entries of another size or
//! at sector 0. So the header is looked at first.

use std::io::{Read, Seek, SeekFrom};

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
