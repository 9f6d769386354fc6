//! How long a rotating disk takes for a request, by where its head stands.

use std::time::Duration;

/// What passes under the head in a second: the middle of a disk of 500 GB.
const BYTES_A_SECOND: f64 = 120e6;
/// The way to a neighbouring track.
const SETTLE: f64 = 0.8e-3;
/// What the way across the whole disk takes beyond that.
const STROKE: f64 = 13.5e-3;
/// Half a turn at 7,200 turns a minute: what a sector is waited for on average.
const HALF_TURN: f64 = 60.0 / 7200.0 / 2.0;

/// Where a request leads, and whether it writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Access {
    pub(super) offset: u64,
    pub(super) length: u64,
    pub(super) writes: bool,
}

/// A disk's head.
#[derive(Debug)]
pub(super) struct Head {
    length: f64,
    at: u64,
}

impl Head {
    /// At the first sector of a disk of so many bytes.
    #[expect(clippy::cast_precision_loss, reason = "a disk's place within a millionth is enough")]
    pub(super) const fn new(length: u64) -> Self {
        Self { length: length as f64, at: 0 }
    }

    /// Where it stands.
    pub(super) const fn at(&self) -> u64 {
        self.at
    }

    /// Moves it over a request. `rested` says that the disk had nothing to do when the request
    /// came: then what is next on the track has passed, and only what is read is still there, in
    /// the disk's own memory. Returns the time for it, and whether the head had to move.
    #[expect(clippy::cast_precision_loss, reason = "a disk's place within a millionth is enough")]
    pub(super) fn moved(&mut self, place: Access, rested: bool) -> (Duration, bool) {
        let gap = place.offset.abs_diff(self.at) as f64;
        let sought = SETTLE + STROKE * (gap / self.length).sqrt() + HALF_TURN;
        let passed = gap / BYTES_A_SECOND;
        let (way, moves) = match () {
            () if gap == 0.0 && rested && place.writes => (HALF_TURN, false),
            () if place.offset >= self.at && passed < sought => (passed, false),
            () => (sought, true),
        };
        self.at = place.offset + place.length;
        (Duration::from_secs_f64(way + place.length as f64 / BYTES_A_SECOND), moves)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LENGTH: u64 = 1 << 30;

    fn place(offset: u64) -> Access {
        Access { offset, length: 4096, writes: false }
    }

    #[test]
    fn what_lies_ahead_on_the_track_is_waited_for_and_all_else_is_sought() {
        let mut head = Head::new(LENGTH);
        let (next, moved) = head.moved(place(0), false);
        assert!(!moved && next < Duration::from_micros(50));
        let (gap, moved) = head.moved(place(4096 + (120 << 10)), false);
        assert!(!moved && gap > Duration::from_millis(1) && gap < Duration::from_millis(2));
        let (back, moved) = head.moved(place(0), false);
        assert!(moved && back > Duration::from_millis(4));
        let (far, moved) = head.moved(place(LENGTH - 4096), false);
        assert!(moved && far > Duration::from_millis(18) && far < Duration::from_millis(19));
    }

    #[test]
    fn a_write_that_comes_late_waits_for_its_sector_and_a_read_does_not() {
        let mut head = Head::new(LENGTH);
        let late = Access { writes: true, ..place(0) };
        assert!(head.moved(late, true).0 > Duration::from_millis(4));
        let mut head = Head::new(LENGTH);
        assert!(head.moved(place(0), true).0 < Duration::from_millis(1));
    }
}
