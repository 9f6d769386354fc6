//! Reading a partition table that nobody vouches for.

use std::io::{Read, Seek, SeekFrom};

use gptman::{Error, GPT, GPTHeader, GPTPartitionEntry};

/// Bytes of a sector, on the stick as in the image.
pub(crate) const SECTOR: u64 = 512;
/// Entries of a table and bytes of an entry, as every tool makes them and our images have them.
const ENTRIES: (u32, u32) = (128, 128);

/// The table at the beginning. Never the copy in its stead: firmware would not see that one.
pub(crate) fn primary(medium: &mut (impl Read + Seek)) -> Result<GPT, Error> {
    let (header, partitions) = table_at(medium, 1)?;
    let first = header.partition_entry_lba == 2 && header.primary_lba == 1;
    let sound = partitions.iter().filter(|entry| entry.is_used()).all(|entry| {
        entry.starting_lba >= header.first_usable_lba
            && entry.starting_lba <= entry.ending_lba
            && entry.ending_lba <= header.last_usable_lba
    });
    if !first || !sound || header.last_usable_lba >= header.backup_lba {
        return Err(Error::InvalidPartitionBoundaries);
    }
    // All that this reads again has just been found sound.
    medium.seek(SeekFrom::Start(0))?;
    GPT::read_from(medium, SECTOR)
}

/// Header and entries of the table with its header in this sector.
pub(crate) fn table_at(
    medium: &mut (impl Read + Seek),
    sector: u64,
) -> Result<(GPTHeader, Vec<GPTPartitionEntry>), Error> {
    let end = medium.seek(SeekFrom::End(0))?;
    let start = sector.checked_mul(SECTOR).filter(|start| *start < end);
    medium.seek(SeekFrom::Start(start.ok_or(Error::InvalidSignature)?))?;
    let header = GPTHeader::read_from(medium)?;
    // The library takes memory for as many entries as the header claims.
    if (header.number_of_partition_entries, header.size_of_partition_entry) != ENTRIES
        || header.partition_entry_lba >= end / SECTOR
        || header.primary_lba != sector
    {
        return Err(Error::InvalidPartitionBoundaries);
    }
    let partitions = header.read_partitions(medium, SECTOR)?;
    Ok((header, partitions))
}
