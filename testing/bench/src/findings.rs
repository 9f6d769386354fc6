//! What a bench found: its rows, and the figures that show how it grows.

use super::figure::Figure;
use super::row::Row;

/// Of one bench.
#[derive(Debug, Default)]
pub(super) struct Findings {
    pub(super) rows: Vec<Row>,
    pub(super) figures: Vec<Figure>,
}

impl From<Vec<Row>> for Findings {
    fn from(rows: Vec<Row>) -> Self {
        Self { rows, figures: Vec::new() }
    }
}
