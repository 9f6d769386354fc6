//! An origin with one snapshot, as device-mapper keeps them.
// The numbers of the model are small; and not every test uses all of it.
#![allow(clippy::unwrap_used, clippy::cast_possible_truncation, dead_code)]

use std::collections::BTreeMap;
use std::fs::File;
use std::os::unix::fs::FileExt as _;

use zshield_formats::cow::{CowError, ExceptionStore, State, copy_back, verify};

pub(crate) const CHUNK: usize = 4096;
pub(crate) const PER_AREA: u64 = CHUNK as u64 / 16;

/// See above.
#[derive(Clone)]
pub(crate) struct Model {
    pub(crate) origin: Vec<u8>,
    pub(crate) before: Vec<u8>,
    exceptions: BTreeMap<u64, u64>,
    data: BTreeMap<u64, Vec<u8>>,
    pub(crate) order: Vec<(u64, u64)>,
    next: u64,
}

impl Model {
    pub(crate) fn new(chunks: usize, tail: usize) -> Self {
        let origin: Vec<u8> =
            (0..chunks * CHUNK - tail).map(|at| (at / CHUNK * 7 + at % 251) as u8).collect();
        Self::of(origin)
    }

    /// A snapshot of what an origin holds.
    pub(crate) fn of(origin: Vec<u8>) -> Self {
        let before = origin.clone();
        let (exceptions, data, order) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
        Self { origin, before, exceptions, data, order, next: 2 }
    }

    pub(crate) fn write(&mut self, chunk: usize, value: u8) {
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

    pub(crate) fn store(&self) -> Vec<u8> {
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

pub(crate) fn file(bytes: &[u8]) -> File {
    let file = tempfile::tempfile().unwrap();
    file.write_all_at(bytes, 0).unwrap();
    file
}

pub(crate) fn content(file: &File, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    file.read_exact_at(&mut bytes, 0).unwrap();
    bytes
}

pub(crate) fn restore(store: &[u8], origin: &File) -> Result<u64, CowError> {
    let file = file(store);
    let state = State { stores: &[ExceptionStore::open(&file, origin)?], free: None };
    let (report, copied) = copy_back(state, origin, &mut |_, _| {})?;
    verify(state, &copied, origin, &mut |_, _| {})?;
    assert_eq!(report.equal + report.written, report.exceptions);
    Ok(report.written)
}

pub(crate) fn written(chunks: usize, tail: usize, writes: &[(usize, u8)]) -> Model {
    let mut model = Model::new(chunks, tail);
    for (chunk, value) in writes {
        model.write(chunk % chunks, *value);
    }
    model
}
