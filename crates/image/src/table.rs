//! Reading a partition table that nobody vouches for.

use std::io::{Read, Seek, SeekFrom};

use gptman::{Error, GPT};
use zshield_formats::gpt::table_at;

/// Bytes of a sector, on the stick as in the image.
pub(crate) const SECTOR: u64 = 512;

/// The table at the beginning. Never the copy in its stead: firmware would not see that one.
pub(crate) fn primary(medium: &mut (impl Read + Seek)) -> Result<GPT, Error> {
    let (header, partitions) = table_at(medium, 1, SECTOR)?;
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
