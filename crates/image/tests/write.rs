//! Writing an image: to files, to media that fail, lie or are fakes, and which disks are refused.

#![allow(clippy::unwrap_used, clippy::cast_possible_truncation)]

use std::cell::RefCell;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use gptman::{GPT, GPTPartitionEntry};
use tempfile::TempDir;
use zshield_image::write::{
    Medium, Options, Refusal, Source, Stage, Target, WriteError, Written, copy, prepare,
};

const MIB: u64 = 1 << 20;
const SECTOR: u64 = 512;

fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 24) as u8
    };
    (0..length).map(|_| next()).collect()
}

/// An image of 7 MiB: boot code, a partition of noise, and one with zeros between noise.
fn image(directory: &Path) -> PathBuf {
    let path = directory.join("usb.img");
    let mut file = File::options().read(true).write(true).create_new(true).open(&path).unwrap();
    file.set_len(7 * MIB).unwrap();
    let mut table = GPT::new_from(&mut file, SECTOR, [7; 16]).unwrap();
    for (number, (first, last)) in [(1, (MIB, 2 * MIB)), (2, (2 * MIB, 6 * MIB))] {
        table[number] = GPTPartitionEntry {
            partition_type_guid: [1; 16],
            unique_partition_guid: [number as u8; 16],
            starting_lba: first / SECTOR,
            ending_lba: last / SECTOR - 1,
            attribute_bits: 0,
            partition_name: "part".into(),
        };
    }
    table.write_into(&mut file).unwrap();
    GPT::write_protective_mbr_into(&mut file, SECTOR).unwrap();
    file.write_all_at(&noise(1, 440), 0).unwrap();
    file.write_all_at(&noise(2, MIB as usize), MIB).unwrap();
    file.write_all_at(&noise(3, 100_000), 2 * MIB).unwrap();
    file.write_all_at(&noise(4, 100_000), 6 * MIB - 100_000).unwrap();
    path
}

fn silent(_: Stage, _: u64) {}

/// A medium in memory that was used before, and what it does wrong.
struct Memory {
    bytes: Vec<u8>,
    fault: Fault,
    writes: usize,
    log: RefCell<Vec<(&'static str, u64, u64)>>,
}

#[derive(Clone, Copy)]
enum Fault {
    None,
    /// The write with this number fails.
    Fails(usize),
    /// Bytes at this place don't take.
    Sticks(u64),
    /// It claims to be larger than it is: what lies behind comes round to the beginning.
    Fake(u64),
    /// Reading at this place fails.
    Unreadable(u64),
    /// Nothing becomes zero.
    NoZeros,
}

impl Memory {
    fn new(capacity: u64, fault: Fault) -> Self {
        let bytes = vec![0xe5; capacity as usize];
        Self { bytes, fault, writes: 0, log: RefCell::default() }
    }

    fn place(&self, offset: u64) -> usize {
        match self.fault {
            Fault::Fake(size) => (offset % size) as usize,
            _ => offset as usize,
        }
    }

    fn put(&mut self, name: &'static str, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.log.borrow_mut().push((name, offset, bytes.len() as u64));
        self.writes += 1;
        if matches!(self.fault, Fault::Fails(number) if number == self.writes) {
            return Err(io::Error::from_raw_os_error(5));
        }
        for (number, byte) in bytes.iter().enumerate() {
            let at = offset + number as u64;
            if !matches!(self.fault, Fault::Sticks(place) if place == at) {
                let place = self.place(at);
                self.bytes[place] = *byte;
            }
        }
        Ok(())
    }

    /// Whether firmware could boot this: a boot sector, or a partition table.
    fn is_bootable(&self) -> bool {
        self.bytes[510..512] == [0x55, 0xaa]
            || self.bytes[512..520] == *b"EFI PART"
            || self.bytes[..440].iter().any(|byte| *byte != 0 && *byte != 0xe5)
    }
}

impl Target for Memory {
    fn capacity(&self) -> u64 {
        self.bytes.len() as u64
    }

    fn write_at(&mut self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.put("write", bytes, offset)
    }

    fn zero(&mut self, offset: u64, length: u64) -> io::Result<()> {
        match self.fault {
            Fault::NoZeros => Ok(()),
            _ => self.put("zero", &vec![0; length as usize], offset),
        }
    }

    fn sync(&mut self) -> io::Result<()> {
        self.log.borrow_mut().push(("sync", 0, 0));
        Ok(())
    }

    fn read_back(&mut self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        self.log.borrow_mut().push(("read", offset, buffer.len() as u64));
        let end = offset + buffer.len() as u64;
        if matches!(self.fault, Fault::Unreadable(place) if (offset..end).contains(&place)) {
            return Err(io::Error::from_raw_os_error(5));
        }
        for (number, byte) in buffer.iter_mut().enumerate() {
            *byte = self.bytes[self.place(offset + number as u64)];
        }
        Ok(())
    }
}

fn source(directory: &TempDir) -> Source {
    Source::open(&image(directory.path())).unwrap()
}

#[test]
fn a_used_medium_holds_the_image_and_a_table_for_its_own_length() {
    let directory = tempfile::tempdir().unwrap();
    let image_path = image(directory.path());
    let image = fs::read(&image_path).unwrap();
    let source = Source::open(&image_path).unwrap();
    for capacity in [7 * MIB, 7 * MIB + SECTOR, 16 * MIB + 3 * SECTOR] {
        let path = directory.path().join(format!("medium-{capacity}"));
        fs::write(&path, vec![0xe5; capacity as usize]).unwrap();
        let mut medium = Medium::open_file(&path).unwrap();
        let written = copy(&source, &mut medium, &silent).unwrap();
        let found = fs::read(&path).unwrap();
        assert_eq!(found.len() as u64, capacity);
        let (from, to) = (MIB as usize, 6 * MIB as usize);
        assert!(found[from..to] == image[from..to], "partitions, zeros included");
        assert_eq!(found[..440], image[..440]);
        // Behind the partitions only the second table was written.
        let untouched = &found[to..(capacity - 33 * SECTOR) as usize];
        assert!(untouched.iter().all(|byte| *byte == 0xe5));
        assert_eq!(written.untouched, untouched.len() as u64);
        let zeros = written.zeros;
        assert!((3 * MIB..4 * MIB).contains(&zeros), "{zeros}");

        let said = Command::new("sgdisk").args(["-v"]).arg(&path).output().unwrap();
        let said = String::from_utf8_lossy(&said.stdout).into_owned();
        assert!(said.contains("No problems found"), "{capacity}: {said}");
        let said = Command::new("sfdisk").arg("--verify").arg(&path).output().unwrap();
        let said = String::from_utf8([said.stdout, said.stderr].concat()).unwrap();
        assert!(said.contains("No errors detected"), "{capacity}: {said}");
        let sectors = u32::from_le_bytes(found[458..462].try_into().unwrap());
        assert_eq!(u64::from(sectors), capacity / SECTOR - 1, "the protective entry");
    }
}

#[test]
fn the_head_comes_last_and_after_the_comparison() {
    let directory = tempfile::tempdir().unwrap();
    let mut medium = Memory::new(9 * MIB, Fault::None);
    copy(&source(&directory), &mut medium, &silent).unwrap();
    assert!(medium.is_bootable());
    let log = medium.log.take();
    let at = |wanted: (&str, u64)| {
        log.iter().position(|(name, offset, _)| (*name, *offset) == wanted).unwrap()
    };
    let head = at(("write", 0));
    let others = |name: &str| {
        log.iter().rposition(|(found, offset, _)| *found == name && *offset > 0).unwrap()
    };
    assert_eq!(at(("zero", 0)), 0, "the old system goes first");
    assert!(others("write") < at(("read", MIB)), "compared only when all is written");
    assert!(others("read") < head, "the head only when all has been compared");
    let between = &log[others("write")..at(("read", MIB))];
    assert!(between.iter().any(|(name, ..)| *name == "sync"));
    assert_eq!(log[head + 1].0, "sync");
    assert_eq!(log[head + 2], ("read", 0, MIB));
}

#[test]
fn no_medium_is_bootable_after_a_failed_write() {
    let directory = tempfile::tempdir().unwrap();
    let source = source(&directory);
    let mut whole = Memory::new(9 * MIB, Fault::None);
    copy(&source, &mut whole, &silent).unwrap();
    for number in 1..=whole.writes {
        let mut medium = Memory::new(9 * MIB, Fault::Fails(number));
        let failed = copy(&source, &mut medium, &silent);
        assert!(matches!(failed, Err(WriteError::Write { .. })), "{number}: {failed:?}");
        assert!(!medium.is_bootable(), "write {number} failed");
    }
}

#[test]
fn a_medium_that_lies_is_found_out() {
    let directory = tempfile::tempdir().unwrap();
    let source = source(&directory);
    let run = |fault| {
        let mut medium = Memory::new(9 * MIB, fault);
        let result = copy(&source, &mut medium, &silent);
        (result, medium.is_bootable())
    };
    // In data, in zeros (stale bytes show through), in the second table.
    for place in [MIB + 12_345, 4 * MIB + 9, 9 * MIB - 400] {
        let (result, bootable) = run(Fault::Sticks(place));
        let at = match result {
            Err(WriteError::Differs { offset }) => offset,
            other => panic!("{place}: {other:?}"),
        };
        assert_eq!((at, bootable), (place, false));
    }
    assert!(matches!(run(Fault::NoZeros), (Err(WriteError::Differs { .. }), false)));
    assert!(matches!(run(Fault::Fake(3 * MIB)), (Err(WriteError::Differs { .. }), _)));
    let (result, bootable) = run(Fault::Unreadable(5 * MIB));
    assert!(matches!(result, Err(WriteError::ReadBack { .. })) && !bootable, "{result:?}");
    // The head itself is compared too.
    assert!(matches!(run(Fault::Sticks(100)), (Err(WriteError::Differs { offset: 100 }), _)));
}

#[test]
fn progress_tells_every_byte_twice() {
    let directory = tempfile::tempdir().unwrap();
    let told = RefCell::new((0, 0));
    let progress = |stage, bytes| match stage {
        Stage::Write => told.borrow_mut().0 += bytes,
        Stage::Compare => told.borrow_mut().1 += bytes,
    };
    let written: Written =
        copy(&source(&directory), &mut Memory::new(9 * MIB, Fault::None), &progress).unwrap();
    assert_eq!(told.into_inner(), (5 * MIB, 6 * MIB));
    assert_eq!(written.zeros + written.data, 6 * MIB + 33 * SECTOR);
}

#[test]
fn what_is_no_image_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = image(directory.path());
    let whole = fs::read(&path).unwrap();
    let refused = |bytes: &[u8]| {
        fs::write(&path, bytes).unwrap();
        matches!(Source::open(&path), Err(WriteError::NoTable { .. }))
    };
    assert!(refused(b""));
    assert!(refused(&[0; 4096]));
    assert!(refused(&whole[..4 * MIB as usize]), "cut off");
    // Each byte of header and first entries, changed: refused, and nothing panics.
    for at in (512..512 + 92).chain(1024..1024 + 256) {
        let mut changed = whole.clone();
        changed[at] ^= 0x40;
        assert!(refused(&changed), "byte {at}");
    }
    assert!(!refused(&whole));
}

#[test]
fn a_file_is_no_disk_and_nobody_is_asked() {
    let directory = tempfile::tempdir().unwrap();
    let image = image(directory.path());
    let target = directory.path().join("target");
    fs::write(&target, vec![1; 8 << 20]).unwrap();
    // Nobody can be asked about a disk that is not there to be prepared.
    let refused = prepare(&image, &target, Options::default()).map(|_| ());
    assert!(
        matches!(&refused, Err(WriteError::Refused { source: Refusal::NoDisk, .. })),
        "{refused:?}"
    );
    assert!(fs::read(&target).unwrap().iter().all(|byte| *byte == 1));
}

#[test]
fn an_image_that_is_lost_in_the_middle_leaves_a_disk_that_can_not_be_started_from() {
    let directory = tempfile::tempdir().unwrap();
    let path = image(directory.path());
    let source = Source::open(&path).unwrap();
    let mut memory = Memory::new(9 * MIB, Fault::None);
    File::options().write(true).open(&path).unwrap().set_len(3 * MIB).unwrap();
    let lost = copy(&source, &mut memory, &silent);
    assert!(matches!(lost, Err(WriteError::ImageLost { .. })), "{lost:?}");
    let said = lost.unwrap_err().to_string();
    assert!(said.contains("can’t be booted"), "{said}");
    assert!(!memory.is_bootable());
}
