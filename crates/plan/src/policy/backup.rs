//! When backups are made, and how long applications may take to hold still for one.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use zshield_messages::say;

/// The nightly backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Backup {
    /// Whether one is made every night.
    pub nightly: bool,
    /// The time of day, by the machine's own clock.
    pub time: TimeOfDay,
    /// It begins up to so much later, so that machines which share something don't all begin at
    /// once.
    pub random_delay: Span,
    /// How long each hook may take.
    pub hook_limit: Span,
}

impl Default for Backup {
    fn default() -> Self {
        Self {
            nightly: true,
            time: TimeOfDay { hour: 3, minute: 0 },
            random_delay: Span(Duration::from_mins(30)),
            hook_limit: Span(Duration::from_mins(2)),
        }
    }
}

/// A time of day: `03:00`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeOfDay {
    /// From 0 to 23.
    pub hour: i8,
    /// From 0 to 59.
    pub minute: i8,
}

/// A length of time: `30min`, `2h`, `90s`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span(pub Duration);

/// A text that is no time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadTime(String);

impl FromStr for TimeOfDay {
    type Err = BadTime;

    fn from_str(text: &str) -> Result<Self, BadTime> {
        let number = |digits: &str, below: i8| {
            let two = digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit());
            digits.parse().ok().filter(|number| two && *number < below)
        };
        let time = text.split_once(':').and_then(|(hour, minute)| {
            Some(Self { hour: number(hour, 24)?, minute: number(minute, 60)? })
        });
        time.ok_or_else(|| BadTime(say::plan::expected_time()))
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.hour, self.minute)
    }
}

const UNITS: [(&str, u64); 3] = [("h", 3600), ("min", 60), ("s", 1)];
/// More than this is a slip of the pen.
const LONGEST: Duration = Duration::from_hours(24);

impl FromStr for Span {
    type Err = BadTime;

    fn from_str(text: &str) -> Result<Self, BadTime> {
        let bad = || BadTime(say::plan::expected_span());
        let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (number, unit) = text.split_at(digits);
        let number: u64 = number.parse().map_err(|_| bad())?;
        let (_, seconds) = UNITS.iter().find(|(name, _)| *name == unit).ok_or_else(bad)?;
        let span = Duration::from_secs(number.checked_mul(*seconds).ok_or_else(bad)?);
        if span > LONGEST { Err(bad()) } else { Ok(Self(span)) }
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs();
        let fits = |(_, unit): &&(&str, u64)| seconds.is_multiple_of(*unit);
        let (name, unit) = UNITS.iter().find(fits).copied().unwrap_or(("s", 1));
        write!(f, "{}{name}", seconds / unit)
    }
}

/// As a text, in both directions.
macro_rules! as_text {
    ($name:ident) => {
        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

pub(super) use as_text;

as_text!(TimeOfDay);
as_text!(Span);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_and_printed() {
        for text in ["00:00", "03:00", "23:59"] {
            assert_eq!(text.parse::<TimeOfDay>().unwrap().to_string(), text);
        }
        for text in ["24:00", "3:00", "03:60", "+3:00", "03", "", "03:00:00"] {
            assert!(text.parse::<TimeOfDay>().is_err(), "{text}");
        }
        for text in ["30min", "2h", "90s", "0h", "24h"] {
            assert_eq!(text.parse::<Span>().unwrap().to_string(), text);
        }
        for text in ["30", "30 min", "-1h", "25h", "99999999999999999999h", "1d"] {
            assert!(text.parse::<Span>().is_err(), "{text}");
        }
    }
}
