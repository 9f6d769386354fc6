//! What cuts leave on the disks. Where nothing was written between two flushes but a sector or two,
//! many cuts leave the same: that is tried once, and what comes of it is true of all of them.

use std::collections::HashMap;

use crate::cuts::{self, Cut, Landed};
use crate::disk::SECTOR;
use crate::guest::DEVICES;
use crate::log::Event;

/// What some cuts leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CutState {
    /// The first of them, which is tried for all.
    pub cut: Cut,
    /// How many they are.
    pub cuts: usize,
}

/// The states that cuts leave, in the order in which the cuts fall.
pub(crate) fn of(events: &[Event], cuts: &[Cut], seed: u64) -> Vec<CutState> {
    let mut states: Vec<CutState> = Vec::new();
    let mut known = HashMap::new();
    let mut durable = Written::default();
    let mut covered = [0; DEVICES.len()];
    for cut in cuts {
        for landed in cuts::settled(events, cut, &mut covered) {
            durable.put(landed);
        }
        let left = durable.with(&cuts::landed(events, cut, seed, &covered));
        let index = *known.entry(left).or_insert_with(|| {
            states.push(CutState { cut: *cut, cuts: 0 });
            states.len() - 1
        });
        states[index].cuts += 1;
    }
    states
}

/// A sector of a disk.
type SectorAddress = (usize, u64);

/// What was last written to each sector, as a digest, and the sum of all: the same sectors with the
/// same content have the same one, in whatever order they were written.
#[derive(Default)]
struct Written {
    sectors: HashMap<SectorAddress, u128>,
    sum: u128,
}

impl Written {
    fn put(&mut self, landed: Landed<'_>) {
        for (place, digest) in digests(landed) {
            let before = self.sectors.insert(place, digest).unwrap_or(0);
            self.sum = self.sum.wrapping_add(digest).wrapping_sub(before);
        }
    }

    /// The sum with these on top.
    fn with(&self, landed: &[Landed<'_>]) -> u128 {
        let mut top = HashMap::new();
        let mut sum = self.sum;
        for (place, digest) in landed.iter().copied().flat_map(digests) {
            let below = || self.sectors.get(&place).copied().unwrap_or(0);
            let before = top.insert(place, digest).unwrap_or_else(below);
            sum = sum.wrapping_add(digest).wrapping_sub(before);
        }
        sum
    }
}

fn digests(landed: Landed<'_>) -> impl Iterator<Item = (SectorAddress, u128)> {
    cuts::sectors(landed).map(|Landed { disk, at, bytes }| {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&[u8::try_from(disk).unwrap_or(u8::MAX)]);
        hasher.update(&at.to_le_bytes());
        hasher.update(bytes);
        let mut digest = [0; 16];
        hasher.finalize_xof().fill(&mut digest);
        ((disk, at / SECTOR), u128::from_le_bytes(digest))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cuts::Lands;
    use crate::log::Request;

    fn write(sector: u64, content: u8) -> Event {
        let data = vec![content; 512];
        Event { disk: 0, request: Request::Write { at: sector * 512, data, durable: false } }
    }

    fn flush() -> Event {
        Event { disk: 0, request: Request::Flush }
    }

    fn cut(number: usize, after: usize, lands: Lands) -> Cut {
        Cut { number, after, lands }
    }

    #[test]
    fn cuts_that_leave_the_same_are_one_state() {
        let events =
            [write(1, 1), flush(), write(2, 2), write(1, 1), flush(), write(2, 3), flush()];
        let cuts = [
            cut(0, 2, Lands::Nothing),
            cut(2, 2, Lands::Nothing),
            cut(1, 3, Lands::Nothing),
            cut(3, 4, Lands::Everything),
            cut(4, 5, Lands::Nothing),
            cut(5, 6, Lands::Everything),
            cut(6, 7, Lands::Nothing),
        ];
        let states = of(&events, &cuts, 1);
        let found: Vec<(usize, usize)> =
            states.iter().map(|state| (state.cut.number, state.cuts)).collect();
        // Nothing new; a sector that is written again as it was; another content.
        assert_eq!(found, [(0, 3), (3, 2), (5, 2)]);
    }

    #[test]
    fn chosen_cuts_are_all_counted() {
        let events: Vec<Event> =
            (0..40).flat_map(|number| [write(number, 1), write(number + 1, 2), flush()]).collect();
        let cuts = cuts::choose(&events, 500, 3);
        let states = of(&events, &cuts, 3);
        assert_eq!(states.iter().map(|state| state.cuts).sum::<usize>(), 500);
        assert!(states.len() > 80 && states.len() < 500, "{}", states.len());
    }
}
