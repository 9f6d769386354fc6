//! How full something is.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The part of a whole that is in use, in hundredths of a percent: 10,000 is all of it.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct FillRatio(pub u32);

impl FillRatio {
    /// So much of a whole; more than any number holds is the largest.
    pub fn of(used: u64, whole: u64) -> Self {
        let hundredths = u128::from(used) * 10_000 / u128::from(whole.max(1));
        Self(u32::try_from(hundredths).unwrap_or(u32::MAX))
    }
}

/// In percent, with two decimals and no sign behind them.
impl fmt::Display for FillRatio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:02}", self.0 / 100, self.0 % 100)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fill_is_counted_and_shown_in_hundredths_of_a_percent() {
        assert_eq!(FillRatio::of(1, 8), FillRatio(1250));
        assert_eq!(FillRatio::of(1, 8).to_string(), "12.50");
        assert_eq!(FillRatio(7).to_string(), "0.07");
        assert_eq!(FillRatio::of(u64::MAX, 0), FillRatio(u32::MAX));
        assert_eq!(serde_json::to_string(&FillRatio(250)).unwrap(), "250");
    }
}
