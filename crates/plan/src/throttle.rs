//! How much of a disk long work leaves to others.
//!
//! Work that reads and writes gigabytes in the night shares its disk with whoever is at work in the night. It is
//! done in pieces of a tenth of a second, and rests between them as long as somebody else wants the disk.

use std::time::Duration;

use zshield_units::Bytes;

/// The longest rest after one piece: the work has an end, whatever the others do.
const LONGEST: Duration = Duration::from_secs(2);
/// How many times as long as the work it rests, at the most.
const MOST: u32 = 4;

/// A piece of work, and what became of its disk meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    /// How long it took.
    pub took: Duration,
    /// What it has moved itself.
    pub own: Bytes,
    /// What the disk has moved meanwhile, that included.
    pub all: Bytes,
    /// Requests of others that the disk has not answered yet.
    pub waiting: u64,
}

/// How long the work rests after a piece. Where nobody else wants the disk it does not. Where somebody does,
/// they have it for as long as the work had it, and longer where they have moved more than that.
pub fn pause(piece: &Piece) -> Duration {
    let others = piece.all.0.saturating_sub(piece.own.0);
    if others == 0 && piece.waiting == 0 {
        return Duration::ZERO;
    }
    let share = others.div_ceil(piece.own.0.max(1)).max(piece.waiting.min(1));
    let times = u32::try_from(share).unwrap_or(MOST).clamp(1, MOST);
    (piece.took * times).min(LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1 << 20;

    fn after(own: u64, others: u64, waiting: u64) -> Duration {
        let took = Duration::from_millis(100);
        pause(&Piece { took, own: Bytes(own), all: Bytes(own + others), waiting })
    }

    #[test]
    fn nobody_else_costs_no_rest() {
        assert_eq!(after(16 * MIB, 0, 0), Duration::ZERO);
        // The kernel counts a request when it is answered.
        let less = Piece { took: LONGEST, own: Bytes(2), all: Bytes(1), waiting: 0 };
        assert_eq!(pause(&less), Duration::ZERO);
    }

    #[test]
    fn the_others_have_the_disk_as_long_as_the_work_had_it() {
        assert_eq!(after(16 * MIB, 4096, 0), Duration::from_millis(100));
        assert_eq!(after(16 * MIB, 0, 3), Duration::from_millis(100));
        assert_eq!(after(16 * MIB, 16 * MIB, 1), Duration::from_millis(100));
    }

    #[test]
    fn who_moves_more_has_it_longer_and_never_for_ever() {
        assert_eq!(after(16 * MIB, 40 * MIB, 0), Duration::from_millis(300));
        assert_eq!(after(16 * MIB, 900 * MIB, 9), Duration::from_millis(400));
        let slow = Piece { took: LONGEST * 3, own: Bytes(0), all: Bytes(1), waiting: 0 };
        assert_eq!(pause(&slow), LONGEST);
    }
}
