//! A store as the kernel would write it, gone back to; and damaged ones, which never are.
// The numbers of the model are small.
#![allow(clippy::unwrap_used, clippy::cast_possible_truncation)]

use std::collections::BTreeMap;
use std::fs::File;
use std::os::unix::fs::FileExt as _;

use proptest::prelude::*;
use zshield_cow::{Corrupt, CowError, Store, copy_back, verify};

const CHUNK: usize = 4096;
const PER_AREA: u64 = CHUNK as u64 / 16;

/// An origin with one snapshot, as device-mapper keeps them.
struct Model {
    origin: Vec<u8>,
    before: Vec<u8>,
    exceptions: BTreeMap<u64, u64>,
    data: BTreeMap<u64, Vec<u8>>,
    order: Vec<(u64, u64)>,
    next: u64,
}

impl Model {
    fn new(chunks: usize, tail: usize) -> Self {
        let origin: Vec<u8> =
            (0..chunks * CHUNK - tail).map(|at| (at / CHUNK * 7 + at % 251) as u8).collect();
        let before = origin.clone();
        let (exceptions, data, order) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
        Self { origin, before, exceptions, data, order, next: 2 }
    }

    fn write(&mut self, chunk: usize, value: u8) {
        let range = chunk * CHUNK..((chunk + 1) * CHUNK).min(self.origin.len());
        if !self.exceptions.contains_key(&(chunk as u64)) {
            let stored = self.next;
            self.next += 1;
            if (self.next - 1).is_multiple_of(PER_AREA + 1) {
                self.next += 1;
            }
            let mut held = self.origin[range.clone()].to_vec();
            held.resize(CHUNK, 0);
            self.exceptions.insert(chunk as u64, stored);
            self.order.push((chunk as u64, stored));
            self.data.insert(stored, held);
        }
        self.origin[range].fill(value);
    }

    fn store(&self) -> Vec<u8> {
        let areas = self.order.len() as u64 / PER_AREA + 1;
        let chunks = self.next.max(1 + areas * (PER_AREA + 1)) + 1;
        let mut bytes = vec![0; chunks as usize * CHUNK];
        for (index, word) in [0x7041_6e53u32, 1, 1, 8].into_iter().enumerate() {
            bytes[index * 4..][..4].copy_from_slice(&word.to_le_bytes());
        }
        for (index, (origin, stored)) in (0u64..).zip(&self.order) {
            let area = 1 + index / PER_AREA * (PER_AREA + 1);
            let at = area as usize * CHUNK + (index % PER_AREA) as usize * 16;
            bytes[at..at + 8].copy_from_slice(&origin.to_le_bytes());
            bytes[at + 8..at + 16].copy_from_slice(&stored.to_le_bytes());
        }
        for (stored, data) in &self.data {
            bytes[*stored as usize * CHUNK..][..CHUNK].copy_from_slice(data);
        }
        bytes
    }
}

fn file(bytes: &[u8]) -> File {
    let file = tempfile::tempfile().unwrap();
    file.write_all_at(bytes, 0).unwrap();
    file
}

fn content(file: &File, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    file.read_exact_at(&mut bytes, 0).unwrap();
    bytes
}

fn restore(store: &[u8], origin: &File, length: usize) -> Result<u64, CowError> {
    let file = file(store);
    let store = Store::open(&file, length as u64)?;
    let report = copy_back(&store, None, origin, &mut |_, _| {})?;
    verify(&store, None, origin, &mut |_, _| {})?;
    assert_eq!(report.equal + report.written, report.exceptions);
    Ok(report.written)
}

fn written(chunks: usize, tail: usize, writes: &[(usize, u8)]) -> Model {
    let mut model = Model::new(chunks, tail);
    for (chunk, value) in writes {
        model.write(chunk % chunks, *value);
    }
    model
}

fn corrupted(change: impl Fn(&mut Vec<u8>)) -> Result<u64, CowError> {
    let model = written(40, 0, &[(3, 1), (9, 2), (17, 3)]);
    let mut store = model.store();
    change(&mut store);
    restore(&store, &file(&model.origin), model.origin.len())
}

fn put(store: &mut [u8], at: usize, number: u64) {
    store[at..at + 8].copy_from_slice(&number.to_le_bytes());
}

#[test]
fn more_exceptions_than_one_area_holds_are_restored() {
    let writes: Vec<(usize, u8)> = (0..700).rev().map(|chunk| (chunk, 5)).collect();
    let model = written(700, 100, &writes);
    let origin = file(&model.origin);
    let count = restore(&model.store(), &origin, model.origin.len()).unwrap();
    assert!(count > 690, "{count}");
    assert_eq!(content(&origin, model.before.len()), model.before);
    assert_eq!(restore(&model.store(), &origin, model.origin.len()).unwrap(), 0);
}

#[test]
fn a_table_that_contradicts_itself_is_refused_by_what_is_wrong() {
    let entry = CHUNK; // The first exception: its origin, then its place in the store.
    let why = |change: &dyn Fn(&mut Vec<u8>)| match corrupted(change) {
        Err(CowError::Corrupt { why, .. }) => why,
        other => panic!("{other:?}"),
    };
    assert_eq!(why(&|store| put(store, entry, 40)), Corrupt::OutsideOrigin(40));
    assert_eq!(why(&|store| put(store, entry, 9)), Corrupt::OriginTwice(9));
    assert_eq!(why(&|store| put(store, entry + 8, 1 << 40)), Corrupt::OutsideStore(1 << 40));
    assert_eq!(why(&|store| put(store, entry + 8, 3)), Corrupt::StoredTwice(3));
    assert_eq!(why(&|store| put(store, entry + 8, 1)), Corrupt::InTable(1));
    assert_eq!(why(&|store| put(store, entry + 8, 1 + PER_AREA + 1)), Corrupt::InTable(258));
    assert_eq!(why(&|store| store.truncate(CHUNK + 100)), Corrupt::Truncated);
}

#[test]
fn a_header_that_is_none_is_refused() {
    assert!(matches!(corrupted(|store| store[0] = 0), Err(CowError::NoStore)));
    assert!(matches!(corrupted(|store| store[4] = 0), Err(CowError::Overflowed)));
    assert!(matches!(corrupted(|store| store[8] = 2), Err(CowError::Version(2))));
    assert!(matches!(corrupted(|store| store[12] = 9), Err(CowError::ChunkSize(9))));
    assert!(matches!(corrupted(|store| store.truncate(10)), Err(CowError::NoStore)));
}

proptest! {
    #[test]
    fn whatever_was_written_is_undone(
        chunks in 1usize..600, tail in 0usize..CHUNK,
        writes in prop::collection::vec((any::<usize>(), any::<u8>()), 0..900),
    ) {
        let model = written(chunks, tail, &writes);
        let origin = file(&model.origin);
        restore(&model.store(), &origin, model.origin.len()).unwrap();
        prop_assert_eq!(content(&origin, model.before.len()), model.before);
    }

    #[test]
    fn a_restore_that_was_cut_off_is_ended_by_the_next(
        writes in prop::collection::vec((0usize..300, any::<u8>()), 1..400),
        done in prop::collection::vec(any::<bool>(), 300),
    ) {
        let model = written(300, 0, &writes);
        let mut cut = model.origin.clone();
        for chunk in (0..300).filter(|chunk| done[*chunk]) {
            let range = chunk * CHUNK..(chunk + 1) * CHUNK;
            cut[range.clone()].copy_from_slice(&model.before[range]);
        }
        let origin = file(&cut);
        restore(&model.store(), &origin, model.origin.len()).unwrap();
        prop_assert_eq!(content(&origin, model.before.len()), model.before);
    }

    /// A table with one wrong bit is found out; or what it says is still possible, and then what
    /// is written are chunks of the store and nothing else: of that no table can tell the truth.
    #[test]
    fn no_damage_to_the_table_panics_or_leads_outside(
        writes in prop::collection::vec((0usize..300, any::<u8>()), 1..400),
        at in 0usize..CHUNK * 2, bit in 0u8..8, cut in prop::option::of(0usize..CHUNK * 400),
    ) {
        let model = written(300, 0, &writes);
        let mut store = model.store();
        store[at] ^= 1 << bit;
        if let Some(cut) = cut {
            store.truncate(cut);
        }
        let origin = file(&model.origin);
        if restore(&store, &origin, model.origin.len()).is_err() {
            // Nothing is written before the whole table has been read.
            prop_assert_eq!(content(&origin, model.origin.len()), model.origin);
        }
    }

    #[test]
    fn no_bytes_are_a_store_by_chance(bytes in prop::collection::vec(any::<u8>(), 0..9000)) {
        prop_assert!(restore(&bytes, &file(&[0; 8192]), 8192).is_err());
    }
}
