//! Tables as gptman writes them, and what a disk may have in their place.
#![allow(clippy::unwrap_used)]

use std::io::Cursor;

use gptman::GPT;
use proptest::prelude::*;
use zshield_formats::gpt::{Copies, Error, GPTPartitionEntry, copies, partitions};

const SECTOR: u64 = 512;
const HEADER: usize = 512;

/// A disk with one partition, and what is changed in its header with its checksum made right.
fn disk(change: impl Fn(&mut GPT)) -> Cursor<Vec<u8>> {
    let mut disk = Cursor::new(vec![0; 200 << 10]);
    let mut table = GPT::new_from(&mut disk, SECTOR, [7; 16]).unwrap();
    table[2] = GPTPartitionEntry {
        partition_type_guid: [1; 16],
        unique_partition_guid: [2; 16],
        starting_lba: 50,
        ending_lba: 60,
        attribute_bits: 0,
        partition_name: "one".into(),
    };
    change(&mut table);
    table.write_into(&mut disk).unwrap();
    disk
}

/// The primary header with numbers that its checksum confirms; no copy of it is left.
fn claimed(entries: u32, size: u32) -> Cursor<Vec<u8>> {
    let mut disk = disk(|_| {});
    let mut header = {
        disk.set_position(SECTOR);
        gptman::GPTHeader::read_from(&mut disk).unwrap()
    };
    header.number_of_partition_entries = entries;
    header.size_of_partition_entry = size;
    let sum = header.generate_crc32_checksum().to_le_bytes();
    let bytes = disk.get_mut();
    bytes[HEADER + 80..HEADER + 84].copy_from_slice(&entries.to_le_bytes());
    bytes[HEADER + 84..HEADER + 88].copy_from_slice(&size.to_le_bytes());
    bytes[HEADER + 16..HEADER + 20].copy_from_slice(&sum);
    let last = bytes.len() - 512;
    bytes[last..].fill(0);
    disk
}

#[test]
fn a_partition_is_found_by_its_number() {
    let found = partitions(&mut disk(|_| {}), SECTOR).unwrap();
    let [(2, entry)] = &found[..] else { panic!("{found:?}") };
    assert_eq!((entry.starting_lba, entry.partition_name.as_str()), (50, "one"));
}

#[test]
fn the_copy_at_the_end_counts_where_the_beginning_is_lost() {
    let mut disk = disk(|_| {});
    disk.get_mut()[HEADER..HEADER + 512].fill(0);
    assert_eq!(partitions(&mut disk, SECTOR).unwrap().len(), 1);
}

#[test]
fn no_memory_is_taken_for_entries_that_are_only_claimed() {
    for (entries, size) in [(u32::MAX, 128), (128, 256), (128, 0), (0, 128), (1 << 25, 128)] {
        let found = partitions(&mut claimed(entries, size), SECTOR);
        assert!(matches!(found, Err(Error::InvalidPartitionBoundaries)), "{entries} {size}");
    }
}

#[test]
fn a_partition_in_sector_0_is_none() {
    let mut bytes = disk(|_| {});
    // Straight into both copies, whose checksums are then wrong too.
    bytes.get_mut()[1024 + 128 + 32..1024 + 128 + 40].fill(0);
    let last = bytes.get_ref().len() - 512;
    bytes.get_mut()[last..].fill(0);
    assert!(partitions(&mut bytes, SECTOR).is_err());
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..3000)) {
        let _ = partitions(&mut Cursor::new(bytes), SECTOR);
    }
}

/// A disk with its protective MBR and boot code before that.
fn protected() -> Cursor<Vec<u8>> {
    let mut disk = disk(|_| {});
    GPT::write_protective_mbr_into(&mut disk, SECTOR).unwrap();
    disk.get_mut()[..440].fill(9);
    disk
}

#[test]
fn whatever_one_copy_has_is_restored_and_nothing_else_is_written() {
    let whole = protected();
    assert_eq!(copies(&mut whole.clone(), SECTOR).unwrap(), Copies::Whole);
    let end = whole.get_ref().len();
    let first = 512..34 * 512;
    let last = end - 33 * 512..end;
    let mbr = 446..512;
    for damaged in [
        (first.clone(), None),
        (first.start..first.start + 512, None),
        (first.start + 1024..first.end, None),
        (last.clone(), None),
        (end - 512..end, None),
        (mbr.clone(), None),
        (first, Some(mbr.clone())),
        (last, Some(mbr)),
    ] {
        let mut disk = whole.clone();
        for range in std::iter::once(&damaged.0).chain(&damaged.1) {
            disk.get_mut()[range.clone()].iter_mut().for_each(|byte| *byte ^= 0x5a);
        }
        let Copies::Damaged(sound) = copies(&mut disk, SECTOR).unwrap() else {
            panic!("{damaged:?}")
        };
        assert_eq!(sound.partitions().map(|(number, _)| number).collect::<Vec<_>>(), [2]);
        sound.restore(&mut disk, SECTOR).unwrap();
        let differ = |at: &usize| disk.get_ref()[*at] != whole.get_ref()[*at];
        assert_eq!((0..end).find(differ), None, "{damaged:?}");
        assert_eq!(copies(&mut disk, SECTOR).unwrap(), Copies::Whole);
    }
    let mut disk = whole;
    disk.get_mut()[512..1024].fill(0);
    disk.get_mut()[end - 512..].fill(0);
    assert_eq!(copies(&mut disk, SECTOR).unwrap(), Copies::None);
}

#[test]
fn of_two_copies_that_differ_the_first_counts() {
    let mut disk = protected();
    let mut newer = GPT::read_from(&mut disk, SECTOR).unwrap();
    newer[2].partition_name = "two".into();
    let before = disk.clone();
    newer.write_into(&mut disk).unwrap();
    let end = disk.get_ref().len();
    let old = before.get_ref()[end - 33 * 512..].to_vec();
    disk.get_mut()[end - 33 * 512..].copy_from_slice(&old);
    let Copies::Damaged(sound) = copies(&mut disk, SECTOR).unwrap() else { panic!() };
    sound.restore(&mut disk, SECTOR).unwrap();
    assert_eq!(copies(&mut disk, SECTOR).unwrap(), Copies::Whole);
    let [(2, entry)] = &partitions(&mut disk, SECTOR).unwrap()[..] else { panic!() };
    assert_eq!(entry.partition_name.as_str(), "two");
}
