//! What a trial reads of what a cut has left. Another state in which all of that is the same leads to the same:
//! what nobody reads before it is written, nobody can depend on.

use std::collections::{HashMap, HashSet};
use std::io;

use crate::cuts::{self, Landed};
use crate::disk::{Disk, SECTOR};
use crate::log::{Event, Request};

/// A sector: the number of its disk, and its own.
type Address = (usize, u64);

/// Sees what is read while a trial runs.
#[derive(Debug)]
pub(crate) struct Watch {
    /// All that the recording writes: in nothing else two states differ.
    differs: HashSet<Address>,
    written: HashSet<Address>,
    read: HashMap<Address, [u8; 16]>,
}

impl Watch {
    /// For the states of a recording.
    pub(crate) fn of(events: &[Event]) -> Self {
        let mut differs = HashSet::new();
        for Event { disk, request } in events {
            if let Request::Write { at, data, .. } = request {
                differs.extend(addresses(*disk, *at, data.len()));
            }
        }
        Self { differs, written: HashSet::new(), read: HashMap::new() }
    }

    /// Bytes of a disk were read.
    pub(crate) fn read(&mut self, disk: usize, at: u64, bytes: &[u8]) {
        for Landed { disk, at, bytes } in cuts::sectors(Landed { disk, at, bytes }) {
            let address = (disk, at / SECTOR);
            if self.differs.contains(&address) && !self.written.contains(&address) {
                self.read.entry(address).or_insert_with(|| digest(bytes));
            }
        }
    }

    /// Bytes of a disk were written: what is read there later is no matter of the state.
    pub(crate) fn written(&mut self, disk: usize, at: u64, length: usize) {
        let differs = &self.differs;
        let known = addresses(disk, at, length).filter(|address| differs.contains(address));
        self.written.extend(known);
    }

    /// A new trial begins; what the one before it has read.
    pub(crate) fn taken(&mut self) -> ReadSet {
        self.written.clear();
        ReadSet(std::mem::take(&mut self.read))
    }
}

/// What a trial has read of its state.
#[derive(Debug)]
pub(crate) struct ReadSet(HashMap<Address, [u8; 16]>);

impl ReadSet {
    /// Whether all of it stands on these disks.
    pub(crate) fn is_on(&self, disks: &[Disk]) -> io::Result<bool> {
        let mut sector = [0; 512];
        for ((disk, number), there) in &self.0 {
            disks[*disk].read(number * SECTOR, &mut sector)?;
            if digest(&sector) != *there {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

fn addresses(disk: usize, at: u64, length: usize) -> impl Iterator<Item = Address> {
    let end = (at + length as u64).div_ceil(SECTOR);
    (at / SECTOR..end).map(move |sector| (disk, sector))
}

fn digest(bytes: &[u8]) -> [u8; 16] {
    let mut digest = [0; 16];
    blake3::Hasher::new().update(bytes).finalize_xof().fill(&mut digest);
    digest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn disk(content: [u8; 3]) -> Disk {
        let directory = tempfile::tempdir().unwrap();
        let base = directory.path().join("base");
        std::fs::write(&base, content.map(|byte| [byte; 512]).concat()).unwrap();
        Disk::above(&base).unwrap()
    }

    #[test]
    fn a_state_is_the_same_where_all_that_was_read_before_it_was_written_is() {
        let write = |sector: u64| Event {
            disk: 0,
            request: Request::Write { at: sector * 512, data: vec![9; 512], durable: false },
        };
        let mut watch = Watch::of(&[write(0), write(1)]);
        // Sector 1 is written first, and 2 is the same in all states.
        watch.written(0, 512, 512);
        watch.read(0, 0, &[[1; 512], [7; 512], [3; 512]].concat());
        let read = watch.taken();
        assert!(read.is_on(&[disk([1, 2, 4])]).unwrap());
        assert!(!read.is_on(&[disk([2, 2, 3])]).unwrap());
        // A new trial has read nothing.
        assert!(watch.taken().is_on(&[disk([5, 5, 5])]).unwrap());
    }
}
