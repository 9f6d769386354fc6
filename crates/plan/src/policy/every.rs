//! How often something is done.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use zshield_messages::say;

use super::backup::as_text;

/// How often something is copied: `24h`, `7d`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Every(pub Duration);

impl Every {
    const LEAST: Duration = Duration::from_hours(1);
    const MOST: Duration = Duration::from_hours(31 * 24);
    const UNITS: [(&str, u64); 2] = [("d", 24 * 3600), ("h", 3600)];
}

impl Default for Every {
    fn default() -> Self {
        Self(Duration::from_hours(24))
    }
}

/// A text that is no such length of time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", say::plan::expected_every())]
pub struct NoEvery;

impl FromStr for Every {
    type Err = NoEvery;

    fn from_str(text: &str) -> Result<Self, NoEvery> {
        let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (number, unit) = text.split_at(digits);
        let (_, seconds) = Self::UNITS.iter().find(|(name, _)| *name == unit).ok_or(NoEvery)?;
        let number: u64 = number.parse().map_err(|_| NoEvery)?;
        let every = Duration::from_secs(number.checked_mul(*seconds).ok_or(NoEvery)?);
        let sensible = (Self::LEAST..=Self::MOST).contains(&every);
        sensible.then_some(Self(every)).ok_or(NoEvery)
    }
}

impl fmt::Display for Every {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hours = self.0.as_secs() / 3600;
        // A day is written as people say it: 24 hours.
        if hours > 24 && hours.is_multiple_of(24) {
            write!(f, "{}d", hours / 24)
        } else {
            write!(f, "{hours}h")
        }
    }
}

as_text!(Every);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_often_is_said_in_hours_and_days() {
        for (text, hours) in [("1h", 1), ("24h", 24), ("7d", 168), ("31d", 744)] {
            let every: Every = text.parse().unwrap();
            assert_eq!(
                (every.0, every.to_string()),
                (Duration::from_hours(hours), text.to_owned())
            );
        }
        assert_eq!("1d".parse::<Every>().unwrap(), Every::default());
        for text in ["", "0h", "30min", "32d", "1w", "-1d", "99999999999999999999d", "1.5h", "h"] {
            assert_eq!(text.parse::<Every>(), Err(NoEvery), "{text}");
        }
    }
}
