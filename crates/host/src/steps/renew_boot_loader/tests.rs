#![allow(clippy::cast_possible_truncation)]
use std::cell::{Cell, RefCell};
use std::rc::Rc;

use super::*;

/// The power fails after so many sectors were written, of all that is written to these blocks.
struct Power(Cell<usize>);

struct Memory {
    bytes: RefCell<Vec<u8>>,
    power: Rc<Power>,
}

impl Blocks for Memory {
    fn length(&self) -> u64 {
        self.bytes.borrow().len() as u64
    }

    fn read(&self, at: u64, length: usize) -> Result<Vec<u8>, StepError> {
        Ok(self.bytes.borrow()[at as usize..at as usize + length].to_vec())
    }

    /// A disk writes sectors whole, in any order: here the last comes first.
    fn put(&self, at: u64, bytes: &[u8]) -> Result<(), StepError> {
        for (number, sector) in bytes.chunks(SECTOR).enumerate().rev() {
            let left = self.power.0.get();
            if left == 0 {
                return Err(StepError::Unplanned("no power"));
            }
            self.power.0.set(left - 1);
            let at = at as usize + number * SECTOR;
            self.bytes.borrow_mut()[at..at + sector.len()].copy_from_slice(sector);
        }
        Ok(())
    }

    fn name(&self) -> String {
        "memory".into()
    }
}

impl Memory {
    fn new(length: usize, begin: &[u8], power: &Rc<Power>) -> Self {
        let mut bytes = vec![0; length];
        bytes[..begin.len()].copy_from_slice(begin);
        Self { bytes: RefCell::new(bytes), power: Rc::clone(power) }
    }
}

const ENOUGH: usize = 1 << 30;
/// The sector of the core's partition.
const USUAL: u64 = 2048;

fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 56) as u8 | 1
    };
    (0..length).map(|_| next()).collect()
}

/// Where a core has the length of what follows its first sector.
const LIST_LENGTH: usize = 0x1fc;

fn boot(seed: u64) -> Vec<u8> {
    grub::with_core_at(&noise(seed, SECTOR), USUAL).unwrap()
}

fn core(seed: u64, sectors: usize) -> Vec<u8> {
    grub::core_for(&noise(seed, sectors * SECTOR), USUAL).unwrap()
}

/// What firmware and GRUB would load: the core that the boot code names, as one for the usual place.
fn started(disk: &Memory, partition: &Memory) -> Vec<u8> {
    let place = grub::core_place(&disk.read(0, SECTOR).unwrap()).unwrap();
    let at = (place - USUAL) * SECTOR as u64;
    let first = partition.read(at, SECTOR).unwrap();
    // The rest follows the first sector, wherever that is.
    assert_eq!(first[0x1f4..0x1fc], (place + 1).to_le_bytes());
    let found = partition.read(at, grub::core_length(&first, place).unwrap()).unwrap();
    grub::core_for(&found, USUAL).unwrap()
}

#[test]
fn whatever_a_cut_leaves_of_grub_s_core_it_is_the_old_one_or_the_new_one_whole() {
    let (old, new) = ((boot(1), core(2, 40)), (boot(3), core(4, 47)));
    let table = noise(9, SECTOR);
    let mut cut = 0;
    loop {
        let power = Rc::new(Power(Cell::new(cut)));
        let disk = Memory::new(SECTOR, &with_code(&table, &old.0), &power);
        let partition = Memory::new(128 * SECTOR, &old.1, &power);
        let done = renew_core(&disk, &partition, &new.0, &new.1, &|| {});
        let found = started(&disk, &partition);
        assert!(found == old.1 || found == new.1, "after {cut} sectors");
        // The next run is cut as well, and the one after it goes on to the end.
        for again in [3, 20, 60, ENOUGH] {
            power.0.set(again);
            let _ = renew_core(&disk, &partition, &new.0, &new.1, &|| {});
            let found = started(&disk, &partition);
            assert!(found == old.1 || found == new.1, "after {cut} and {again} sectors");
        }
        assert_eq!(*disk.bytes.borrow(), with_code(&table, &new.0));
        assert_eq!(partition.read(0, new.1.len()).unwrap(), new.1);
        if done.is_ok() {
            break;
        }
        cut += 1;
    }
    assert!(cut > 47 * 2, "{cut}");
}

#[test]
fn what_is_the_same_is_not_written_and_what_is_too_large_changes_nothing() {
    let power = Rc::new(Power(Cell::new(0)));
    let disk = Memory::new(SECTOR, &with_code(&noise(9, SECTOR), &boot(1)), &power);
    let partition = Memory::new(64 * SECTOR, &core(2, 20), &power);
    renew_core(&disk, &partition, &boot(1), &core(2, 20), &|| {}).unwrap();
    for sectors in [33, 64, 65] {
        let refused = renew_core(&disk, &partition, &boot(3), &core(4, sectors), &|| {});
        assert!(matches!(refused, Err(StepError::TooLarge(_))), "{sectors}");
    }
    // Nor is one that is in use and reaches into the second half.
    let partition = Memory::new(64 * SECTOR, &core(2, 40), &power);
    let refused = renew_core(&disk, &partition, &boot(3), &core(4, 20), &|| {});
    assert!(matches!(refused, Err(StepError::TooLarge(_))));
}

#[test]
fn what_is_damaged_is_in_nobody_s_way() {
    let new = (boot(3), core(4, 20));
    // Whatever length it seems to have.
    let garbage = [&noise(5, LIST_LENGTH)[..], &[0xff; SECTOR]].concat();
    for code in [boot(1), vec![0; SECTOR], noise(7, SECTOR)] {
        let power = Rc::new(Power(Cell::new(ENOUGH)));
        let disk = Memory::new(SECTOR, &with_code(&noise(9, SECTOR), &code), &power);
        let partition = Memory::new(64 * SECTOR, &garbage, &power);
        renew_core(&disk, &partition, &new.0, &new.1, &|| {}).unwrap();
        assert_eq!(started(&disk, &partition), new.1);
        assert_eq!(partition.read(0, new.1.len()).unwrap(), new.1);
    }
}

/// As many sectors as an EFI system partition of an appliance has room for one and a half of them.
const ESP: usize = 400;
const PARTITION: usize = 700;
/// What tells the two places from each other, on this scale.
const MOVED_HERE: u16 = 200;

/// The image of a FAT32, as far as its first sector goes: what it holds follows it, and then come free clusters.
fn esp(seed: u64, used: usize) -> Vec<u8> {
    let mut image = vec![0; ESP * SECTOR];
    image[..used * SECTOR].copy_from_slice(&noise(seed, used * SECTOR));
    for (at, bytes) in [
        (11, &[0, 2][..]),
        (14, &[32, 0]),
        (19, &[0, 0]),
        (22, &[0, 0]),
        (32, &(ESP as u32).to_le_bytes()),
        (48, &[1, 0]),
        (50, &[6, 0]),
        (510, &[0x55, 0xaa]),
    ] {
        image[at..at + bytes.len()].copy_from_slice(bytes);
    }
    image
}

/// What firmware reads of the filesystem: what is behind the sectors that are reserved.
fn seen(partition: &Memory, used: usize) -> Vec<u8> {
    let reserved = fat::reserved(&partition.read(0, SECTOR).unwrap()).unwrap();
    partition.read(u64::from(reserved) * SECTOR as u64, (used - 32) * SECTOR).unwrap()
}

#[test]
fn whatever_a_cut_leaves_of_the_efi_system_partition_it_is_the_old_one_or_the_new_one_whole() {
    let (old_used, new_used) = (90, 120);
    let (old, new) = (esp(1, old_used), esp(2, new_used));
    let whole = |partition: &Memory| {
        let files = |image: &[u8], used: usize| image[32 * SECTOR..used * SECTOR].to_vec();
        seen(partition, old_used) == files(&old, old_used)
            || seen(partition, new_used) == files(&new, new_used)
    };
    let mut cut = 0;
    loop {
        let power = Rc::new(Power(Cell::new(cut)));
        let partition = Memory::new(PARTITION * SECTOR, &old, &power);
        let done = renew_esp(&partition, &new, MOVED_HERE);
        assert!(whole(&partition), "after {cut} sectors");
        for again in [5, 100, 200, ENOUGH] {
            power.0.set(again);
            let _ = renew_esp(&partition, &new, MOVED_HERE);
            assert!(whole(&partition), "after {cut} and {again} sectors");
        }
        assert!(partition.read(0, new.len()).unwrap() == new, "after {cut} sectors");
        if done.is_ok() {
            break;
        }
        cut += 1;
    }
    assert!(cut > new_used * 2, "{cut}");
}

#[test]
fn an_efi_system_partition_without_room_for_two_is_not_touched() {
    let power = Rc::new(Power(Cell::new(0)));
    let (old, new) = (esp(1, 90), esp(2, 120));
    renew_esp(&Memory::new(PARTITION * SECTOR, &old, &power), &old, MOVED_HERE).unwrap();
    for length in [ESP, ESP + 100, ESP + 199] {
        let partition = Memory::new(length * SECTOR, &old, &power);
        assert!(
            matches!(renew_esp(&partition, &new, MOVED_HERE), Err(StepError::TooLarge(_))),
            "{length}"
        );
    }
    let partition = Memory::new(PARTITION * SECTOR, &old, &power);
    let foreign = renew_esp(&partition, &noise(3, ESP * SECTOR), MOVED_HERE);
    assert!(matches!(foreign, Err(StepError::TooLarge(_))));
}
