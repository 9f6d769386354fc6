//! A FAT32 that begins later in its partition: the sectors before its first FAT are only more.
//!
//! Its first sector has the number of reserved sectors, 16 bits wide; the FATs and all clusters follow them, and
//! the number of clusters is what remains of all sectors. So a FAT32 whose FATs and clusters were written `n` sectors
//! further behind is the same filesystem with `n` more of both numbers in its first sector: whoever writes that one
//! sector says which of two is there (Microsoft's FAT specification of 2005, sections 3.1 to 3.3).

use super::{SECTOR, number, set};

const SECTOR_SIZE: usize = 11;
const RESERVED: usize = 14;
const SECTORS_16: usize = 19;
const FAT_SIZE_16: usize = 22;
const SECTORS_32: usize = 32;
const INFORMATION: usize = 48;
const BACKUP: usize = 50;

/// How many sectors lie before the first FAT of a FAT32; nothing where the first sector is of something else.
pub fn reserved(first: &[u8]) -> Option<u16> {
    let word = |at| number(first, at).map(u16::from_le_bytes);
    let is_fat32 = usize::from(word(SECTOR_SIZE)?) == SECTOR
        && word(SECTORS_16)? == 0
        && word(FAT_SIZE_16)? == 0
        && first.get(510..SECTOR)? == [0x55, 0xaa];
    let reserved = word(RESERVED)?;
    (is_fat32 && reserved > 0).then_some(reserved)
}

/// The sector with a copy of the first one; nothing where there is none.
pub fn backup(first: &[u8]) -> Option<u16> {
    number(first, BACKUP).map(u16::from_le_bytes).filter(|sector| ![0, u16::MAX].contains(sector))
}

/// The first sector of the same FAT32 where all that follows it lies so many sectors further behind; nothing where
/// it can't say that.
pub fn moved(first: &[u8], by: u16) -> Option<Vec<u8>> {
    let mut moved = first.get(..SECTOR)?.to_vec();
    let reserved = reserved(first)?.checked_add(by)?;
    set(&mut moved, RESERVED, &reserved.to_le_bytes())?;
    let all = number(first, SECTORS_32).map(u32::from_le_bytes)?;
    set(&mut moved, SECTORS_32, &all.checked_add(by.into())?.to_le_bytes())?;
    for at in [INFORMATION, BACKUP] {
        let sector = number(first, at).map(u16::from_le_bytes)?;
        if ![0, u16::MAX].contains(&sector) {
            set(&mut moved, at, &sector.checked_add(by)?.to_le_bytes())?;
        }
    }
    Some(moved)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first() -> Vec<u8> {
        let mut first = vec![0; SECTOR];
        for (at, bytes) in [
            (SECTOR_SIZE, &[0, 2][..]),
            (RESERVED, &[32, 0]),
            (SECTORS_32, &69_632_u32.to_le_bytes()),
            (INFORMATION, &[1, 0]),
            (BACKUP, &[6, 0]),
            (510, &[0x55, 0xaa]),
        ] {
            first[at..at + bytes.len()].copy_from_slice(bytes);
        }
        first
    }

    #[test]
    fn what_follows_the_first_sector_is_looked_for_where_it_was_moved() {
        let moved = moved(&first(), 61_440).unwrap();
        assert_eq!((reserved(&moved), backup(&moved)), (Some(61_472), Some(61_446)));
        assert_eq!(moved[SECTORS_32..SECTORS_32 + 4], 131_072_u32.to_le_bytes());
        let differs = first().iter().zip(&moved).filter(|(one, other)| one != other).count();
        assert!(differs <= 10, "{differs}");
    }

    #[test]
    fn what_is_no_fat32_or_too_far_is_not_moved() {
        assert_eq!(moved(&first(), 65_510), None);
        let mut fat16 = first();
        fat16[FAT_SIZE_16] = 9;
        assert_eq!((reserved(&fat16), moved(&fat16, 1)), (None, None));
        assert_eq!(reserved(&[0; SECTOR]), None);
        assert_eq!(moved(&first()[..100], 1), None);
    }
}
