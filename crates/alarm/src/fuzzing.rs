//! Parsers that nobody else needs from outside, for the fuzz targets.

use crate::{metrics, sink};

/// Whether a request is for the numbers, and none that is refused.
pub fn is_for_metrics(request: &[u8]) -> bool {
    matches!(metrics::refused(request), Ok(None))
}

/// How many robots would have taken a message, by their answers.
pub fn robots(status: u16, body: &str) -> usize {
    sink::taken_by_robots(status, body)
}
