//! Moments of the calendar.

use std::ops::{Add, AddAssign};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A moment: seconds since 1970-01-01 00:00 UTC, by the clock of the machine that noted it.
///
/// What is between two moments is a plain number of seconds.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct UnixTime(pub i64);

impl UnixTime {
    /// Seconds between two moments, whichever is the later one: a clock can have been set back.
    pub const fn distance(self, other: Self) -> i64 {
        self.0.abs_diff(other.0).cast_signed()
    }

    /// Seconds from an earlier moment to this one; below zero where it is a later one.
    pub const fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// The same moment as a date is made of; `None` where it is beyond all dates.
    pub fn timestamp(self) -> Option<Timestamp> {
        Timestamp::from_second(self.0).ok()
    }
}

/// The second that it is in.
impl From<Timestamp> for UnixTime {
    fn from(timestamp: Timestamp) -> Self {
        Self(timestamp.as_second())
    }
}

/// So many seconds later.
impl Add<i64> for UnixTime {
    type Output = Self;
    fn add(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds))
    }
}

impl AddAssign<i64> for UnixTime {
    fn add_assign(&mut self, seconds: i64) {
        *self = *self + seconds;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_written_as_its_number() {
        assert_eq!(serde_json::to_string(&UnixTime(1_800_000_000)).unwrap(), "1800000000");
        assert_eq!(serde_json::from_str::<Option<UnixTime>>("-1").unwrap(), Some(UnixTime(-1)));
        assert_eq!(serde_json::from_str::<Option<UnixTime>>("null").unwrap(), None);
    }

    #[test]
    fn a_moment_and_a_date_are_the_same() {
        let time = UnixTime(1_800_000_000);
        assert_eq!(time.timestamp().map(UnixTime::from), Some(time));
        assert_eq!(UnixTime(i64::MAX).timestamp(), None);
    }

    #[test]
    fn a_distance_has_no_direction() {
        assert_eq!(UnixTime(7).distance(UnixTime(10)), 3);
        assert_eq!(UnixTime(10).distance(UnixTime(7)), 3);
        assert_eq!(UnixTime(7).since(UnixTime(10)), -3);
        assert_eq!(UnixTime(i64::MAX) + 1, UnixTime(i64::MAX));
    }
}
