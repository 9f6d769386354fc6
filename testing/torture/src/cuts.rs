//! Which power cuts are tried, and what each of them leaves on the disks.
//!
//! A disk has a cache. What was written to it before its last flush is on it, and so is what was
//! written through; of the rest anything may be, in any order, and the write that was under way
//! in parts: a disk writes a sector whole, and no more than that.

use fastrand::Rng;
use serde::{Deserialize, Serialize};

use crate::disk::SECTOR;
use crate::log::{Event, Request};

/// A power cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Cut {
    /// Its number, which with the seed is all that it is made from.
    pub number: usize,
    /// How many requests had been made.
    pub after: usize,
    /// What becomes of those that no flush had made durable.
    pub lands: Lands,
}

/// What becomes of writes that are not durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Lands {
    /// All are lost.
    Nothing,
    /// None is lost.
    Everything,
    /// Each is lost or not.
    Some,
    /// Each is lost or not, or on the disk in parts.
    Parts,
}

/// The golden ratio's part behind the point, in 64 bits: multiples of it are spread evenly,
/// however many are taken.
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// The chance of this cut, whatever others are made.
fn chance(seed: u64, number: usize) -> Rng {
    Rng::with_seed(seed ^ (number as u64 + 1).wrapping_mul(GOLDEN))
}

/// The first `count` cuts of a recording, in the order in which they fall. Every second one falls
/// right behind a flush, with all that it did not make durable lost, until each flush has had its
/// own; all others fall where something can be lost, the more of them the more that is.
pub(crate) fn choose(events: &[Event], count: usize, seed: u64) -> Vec<Cut> {
    let places = Places::of(events);
    let mut cuts: Vec<Cut> = (0..count).filter_map(|number| places.cut(number, seed)).collect();
    cuts.sort_by_key(|cut| (cut.after, cut.number));
    cuts
}

/// The cut of this number in a recording; nothing where nothing was asked of a disk.
pub(crate) fn one(events: &[Event], number: usize, seed: u64) -> Option<Cut> {
    Places::of(events).cut(number, seed)
}

/// Where a recording can be cut.
struct Places {
    /// How many requests have been made when each flush is done.
    ends: Vec<usize>,
    windows: Vec<Window>,
}

/// Between a flush and the next one, as far as something is not durable.
#[derive(Debug, PartialEq, Eq)]
struct Window {
    /// After so many requests there is something.
    from: usize,
    /// The next flush has been asked for, and not been done.
    to: usize,
    /// How many writes are not durable then, on all disks.
    pending: usize,
}

impl Places {
    fn of(events: &[Event]) -> Self {
        let disks = events.iter().map(|event| event.disk + 1).max().unwrap_or(0);
        let mut pending = vec![0; disks];
        let mut open: Option<Window> = None;
        let mut places = Self { ends: Vec::new(), windows: Vec::new() };
        for (event, after) in events.iter().zip(1..) {
            match event.request {
                Request::Write { durable: false, .. } => pending[event.disk] += 1,
                Request::Write { durable: true, .. } => {}
                Request::Flush => pending[event.disk] = 0,
            }
            if event.is_boundary() {
                places.ends.push(after);
                places.windows.extend(open.take());
            }
            let pending = pending.iter().sum();
            if pending > 0 {
                let from = open.take().map_or(after, |window| window.from);
                open = Some(Window { from, to: after, pending });
            }
        }
        places.windows.extend(open);
        places
    }

    fn cut(&self, number: usize, seed: u64) -> Option<Cut> {
        let flushes = self.ends.len();
        if number.is_multiple_of(2) && number / 2 < flushes {
            let after = self.ends[spread(number / 2, flushes, seed)?];
            return Some(Cut { number, after, lands: Lands::Nothing });
        }
        let turn = number - (number / 2 + 1).min(flushes);
        let all = self.windows.iter().map(|window| window.pending).sum();
        let mut place = spread(turn, all, seed)?;
        let window = self.windows.iter().find(|window| {
            let within = place < window.pending;
            place = place.saturating_sub(window.pending);
            within
        })?;
        let mut chance = chance(seed, number);
        let lands = [Lands::Everything, Lands::Some, Lands::Some, Lands::Parts, Lands::Parts];
        let lands = *chance.choice(&lands)?;
        Some(Cut { number, after: chance.usize(window.from..=window.to), lands })
    }
}

/// The one of `count` places that is next in turn: each comes once before one comes again, and
/// however many have come, they lie far apart. Nothing where there is no place.
fn spread(turn: usize, count: usize, seed: u64) -> Option<usize> {
    let count = u64::try_from(count).ok().filter(|count| *count > 0)?;
    let golden = u64::try_from((u128::from(count) * u128::from(GOLDEN)) >> 64).ok()?;
    // One that has no divisor in common with the count comes to each place.
    let step = (golden..=golden + count).find(|step| gcd(*step, count) == 1)?;
    let first = seed.wrapping_mul(GOLDEN) % count;
    let place = u128::from(first) + u128::from(step) * turn as u128;
    usize::try_from(place % u128::from(count)).ok()
}

const fn gcd(one: u64, other: u64) -> u64 {
    if other == 0 { one } else { gcd(other, one % other) }
}

/// Something that is on a disk after a cut: bytes of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Landed<'a> {
    /// Which disk.
    pub disk: usize,
    /// Where, in bytes.
    pub at: u64,
    /// What.
    pub bytes: &'a [u8],
}

/// The number of a disk's first request that is no more covered by a flush, after so many requests.
fn flushed(events: &[Event], after: usize, disk: usize) -> usize {
    let flush = |event: &Event| event.disk == disk && event.request == Request::Flush;
    events[..after].iter().rposition(flush).map_or(0, |index| index + 1)
}

/// What flushes have made durable by a cut and had not by the one before. `covered` says, for each
/// disk, up to which request that is so, and grows from cut to cut.
pub(crate) fn settled<'a>(
    events: &'a [Event],
    cut: &Cut,
    covered: &mut [usize],
) -> Vec<Landed<'a>> {
    let mut settled = Vec::new();
    for (disk, covered) in covered.iter_mut().enumerate() {
        let end = flushed(events, cut.after, disk).max(*covered);
        settled.extend(events[*covered..end].iter().filter_map(|event| match &event.request {
            Request::Write { at, data, .. } if event.disk == disk => {
                Some(Landed { disk, at: *at, bytes: data })
            }
            Request::Write { .. } | Request::Flush => None,
        }));
        *covered = end;
    }
    settled
}

/// What a cut leaves of the requests from `covered` on, for each disk the first that no flush
/// covers; in the order in which they were made.
pub(crate) fn landed<'a>(
    events: &'a [Event],
    cut: &Cut,
    seed: u64,
    covered: &[usize],
) -> Vec<Landed<'a>> {
    let mut chance = chance(seed, cut.number);
    let mut landed = Vec::new();
    for (index, Event { disk, request }) in events[..cut.after].iter().enumerate() {
        let Request::Write { at, data, durable } = request else { continue };
        if index < covered[*disk] {
            continue;
        }
        let whole = Landed { disk: *disk, at: *at, bytes: data };
        match cut.lands {
            _ if *durable => landed.push(whole),
            Lands::Nothing => {}
            Lands::Everything => landed.push(whole),
            Lands::Some => landed.extend(chance.bool().then_some(whole)),
            Lands::Parts => match chance.u8(0..4) {
                0 => {}
                1 => landed.push(whole),
                2 => landed.extend(beginning(whole, &mut chance)),
                _ => landed.extend(sectors(whole).filter(|_| chance.bool())),
            },
        }
    }
    landed
}

/// The sectors of a write.
pub(crate) fn sectors(whole: Landed<'_>) -> impl Iterator<Item = Landed<'_>> {
    let size = usize::try_from(SECTOR).unwrap_or(usize::MAX);
    whole.bytes.chunks(size).zip((whole.at..).step_by(size)).map(move |(bytes, at)| Landed {
        at,
        bytes,
        ..whole
    })
}

/// The first sectors of a write, one at least and the last one not.
fn beginning<'a>(whole: Landed<'a>, chance: &mut Rng) -> impl Iterator<Item = Landed<'a>> {
    let count = sectors(whole).count();
    let kept = if count < 2 { 0 } else { chance.usize(1..count) };
    sectors(whole).take(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(disk: usize, sector: u64, sectors: usize, durable: bool) -> Event {
        let data = vec![u8::try_from(sector).unwrap(); sectors * 512];
        Event { disk, request: Request::Write { at: sector * 512, data, durable } }
    }

    fn flush(disk: usize) -> Event {
        Event { disk, request: Request::Flush }
    }

    /// Two disks, each with its own cache.
    fn recording() -> Vec<Event> {
        vec![
            write(0, 1, 1, false),
            write(1, 2, 1, false),
            flush(0),
            write(0, 3, 8, false),
            write(1, 4, 1, true),
            write(1, 5, 1, false),
            flush(1),
            write(0, 6, 1, false),
        ]
    }

    fn left(cut: Cut, seed: u64) -> Vec<u64> {
        let events = recording();
        landed(&events, &cut, seed, &[0, 0]).iter().map(|landed| landed.at / 512).collect()
    }

    #[test]
    fn the_same_seed_makes_the_same_cuts() {
        let events = recording();
        assert_eq!(choose(&events, 50, 7), choose(&events, 50, 7));
        assert_ne!(choose(&events, 50, 7), choose(&events, 50, 8));
        // More cuts are the same ones and others.
        let more = choose(&events, 90, 7);
        assert!(choose(&events, 50, 7).iter().all(|cut| more.contains(cut)));
        for cut in more {
            assert_eq!(one(&events, cut.number, 7), Some(cut));
            assert_eq!(left(cut, 7), left(cut, 7));
        }
    }

    #[test]
    fn every_flush_is_cut_behind() {
        let events = recording();
        let exact = |cut: &Cut| cut.lands == Lands::Nothing;
        let behind: Vec<usize> =
            choose(&events, 6, 3).iter().filter(|cut| exact(cut)).map(|cut| cut.after).collect();
        assert_eq!(behind, [3, 5, 7]);
        for count in 1..60 {
            let mut places: Vec<_> = (0..count).map(|turn| spread(turn, count, 5)).collect();
            places.sort_unstable();
            assert_eq!(places, (0..count).map(Some).collect::<Vec<_>>());
        }
        assert_eq!(spread(0, 0, 5), None);
    }

    #[test]
    fn the_more_can_be_lost_the_more_cuts_there_are() {
        let mut events = vec![write(0, 1, 1, false), flush(0)];
        for sector in 0..90 {
            events.push(write(1, sector, 1, false));
        }
        events.push(flush(1));
        for _ in 0..100 {
            events.push(flush(0));
        }
        events.extend((0..9).map(|sector| write(0, sector, 1, false)));
        let windows = Places::of(&events).windows;
        let found: Vec<_> =
            windows.iter().map(|window| (window.from, window.to, window.pending)).collect();
        assert_eq!(found, [(1, 1, 1), (3, 92, 90), (194, 202, 9)]);

        let cuts = choose(&events, 1000, 7);
        let (behind, chosen): (Vec<&Cut>, Vec<&Cut>) =
            cuts.iter().partition(|cut| cut.lands == Lands::Nothing);
        // Each flush once, and of the rest each write as often as any other.
        assert_eq!((behind.len(), chosen.len()), (102, 898));
        let between =
            |from, to| chosen.iter().filter(|cut| (from..=to).contains(&cut.after)).count();
        assert_eq!(between(1, 1) + between(3, 92) + between(194, 202), 898);
        assert!((8..=10).contains(&between(1, 1)));
        assert!((80..=82).contains(&between(194, 202)));
    }

    #[test]
    fn where_nothing_can_be_lost_the_flushes_are_all() {
        let events = vec![write(0, 1, 1, true), flush(0)];
        assert_eq!(choose(&events, 50, 1).len(), 2);
        assert_eq!(choose(&[], 50, 1), []);
    }

    #[test]
    fn a_flush_is_of_one_disk_alone() {
        let events = recording();
        assert_eq!([flushed(&events, 3, 0), flushed(&events, 3, 1)], [3, 0]);
        assert_eq!([flushed(&events, 8, 0), flushed(&events, 8, 1)], [3, 7]);
        assert_eq!(flushed(&events, 2, 0), 0);
    }

    #[test]
    fn what_is_durable_lands_and_nothing_that_was_not_written() {
        let events = recording();
        let covered = [3, 0];
        let cut = |lands| Cut { number: 0, after: 6, lands };
        let at = |lands| -> Vec<u64> {
            landed(&events, &cut(lands), 1, &covered).iter().map(|landed| landed.at / 512).collect()
        };
        assert_eq!(at(Lands::Nothing), [4]);
        assert_eq!(at(Lands::Everything), [2, 3, 4, 5]);
        for seed in 0..200 {
            for lands in [Lands::Some, Lands::Parts] {
                let found = landed(&events, &cut(lands), seed, &covered);
                assert!(found.iter().any(|landed| landed.at == 4 * 512));
                let sound = |landed: &Landed<'_>| {
                    let place = landed.at / 512;
                    let length = landed.bytes.len();
                    let whole = landed.bytes.iter().all(|byte| [2, 3, 4, 5].contains(byte));
                    whole && length.is_multiple_of(512) && (lands == Lands::Parts || place <= 5)
                };
                assert!(found.iter().all(sound));
            }
        }
    }

    #[test]
    fn a_torn_write_loses_sectors_and_never_parts_of_one() {
        let events = recording();
        let cut = Cut { number: 0, after: 4, lands: Lands::Parts };
        let torn = (0..200).any(|seed| {
            let found = landed(&events, &cut, seed, &[3, 3]);
            let bytes: usize = found.iter().map(|landed| landed.bytes.len()).sum();
            assert!(bytes.is_multiple_of(512) && bytes <= 8 * 512);
            (1..8).contains(&(bytes / 512))
        });
        assert!(torn);
    }
}
