//! Time and memory of one way to check a system.

use anyhow::Result;

use super::guest::Measured;
use super::statistics::median_of;

/// How often each way is measured.
pub(super) const TURNS: usize = 5;

/// One side of a comparison: medians of all turns.
pub(super) struct Side {
    pub(super) seconds: f64,
    peak: f64,
}

impl Side {
    pub(super) fn of(measured: &[Measured], name: &str, turns: usize) -> Result<Self> {
        let seconds = median_of(measured, name, turns, |turn| turn.seconds)?;
        #[allow(clippy::cast_precision_loss, reason = "far below 2^53")]
        let peak = median_of(measured, name, turns, |turn| turn.peak as f64)?;
        Ok(Self { seconds, peak })
    }

    /// The most memory at once.
    pub(super) fn mib(&self) -> String {
        format!("{:.0}", self.peak / f64::from(1 << 20))
    }
}
