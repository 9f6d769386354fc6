//! What is measured of writes to root, and beside what.

use super::guest::Measured;
use super::machine::Hdd;
use super::statistics::median;

/// What root has.
#[derive(Clone, Copy, Debug)]
pub(super) struct Case {
    pub(super) hdd: Hdd,
    pub(super) snapshots: usize,
    /// Whether a store that the kernel does not load lies beside them.
    pub(super) store: bool,
    /// In KiB.
    pub(super) chunk: u32,
    /// Root's size in GiB.
    pub(super) gib: u32,
}

pub(super) const GIB: u32 = 100;

/// What the script measures, in its order.
pub(super) const STEPS: [&str; 4] = [
    "40 MiB in one go",
    "the same again",
    "100 x 4 KiB, each synced",
    "the same again, each synced",
];

/// The median of what a step took in some turns.
pub(super) fn seconds(turns: &[Vec<Measured>], index: usize) -> f64 {
    median(&turns.iter().map(|turn| turn[index].seconds).collect::<Vec<_>>())
}
