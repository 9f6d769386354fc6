//! The stretches of a file that somebody will read.

use std::collections::BTreeMap;
use std::ops::Range;

/// Stretches that neither touch nor overlap.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Wanted {
    /// The end of each, by its beginning.
    runs: BTreeMap<u64, u64>,
    bytes: u64,
}

impl Wanted {
    /// These stretches, in any order; gaps of at most so many bytes between them are wanted too.
    pub(super) fn new(stretches: &[Range<u64>], gap: u64) -> Self {
        let mut sorted: Vec<_> = stretches.iter().filter(|it| !it.is_empty()).collect();
        sorted.sort_unstable_by_key(|it| it.start);
        let mut runs: Vec<Range<u64>> = Vec::new();
        for stretch in sorted {
            match runs.last_mut() {
                Some(last) if stretch.start <= last.end.saturating_add(gap) => {
                    last.end = last.end.max(stretch.end);
                }
                _ => runs.push(stretch.clone()),
            }
        }
        let bytes = runs.iter().fold(0_u64, |sum, run| sum.saturating_add(run.end - run.start));
        Self { runs: runs.into_iter().map(|run| (run.start, run.end)).collect(), bytes }
    }

    /// Where the stretch ends that a place is in.
    pub(super) fn end_of(&self, at: u64) -> Option<u64> {
        let (_, end) = self.runs.range(..=at).next_back()?;
        (*end > at).then_some(*end)
    }

    /// These bytes have come.
    pub(super) fn came(&mut self, bytes: Range<u64>) {
        // From the last one that begins before the end, backwards to the one that the first byte is in.
        while let Some((&start, &end)) = self.runs.range(..bytes.end).next_back()
            && end > bytes.start
        {
            self.runs.remove(&start);
            if end > bytes.end {
                self.runs.insert(bytes.end, end);
            }
            if start < bytes.start {
                self.runs.insert(start, bytes.start);
            }
            self.bytes -= end.min(bytes.end) - start.max(bytes.start);
        }
    }

    /// How many bytes are still to come.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_stretches_are_one() {
        let wanted = Wanted::new(&[30..40, 10..20, 12..15, 22..25, 5..5], 2);
        assert_eq!(wanted.runs, BTreeMap::from([(10, 25), (30, 40)]));
        assert_eq!(wanted.bytes(), 25);
        let ends = [9, 10, 24, 25, 39, 40].map(|at| wanted.end_of(at));
        assert_eq!(ends, [None, Some(25), Some(25), None, Some(40), None]);
        assert_eq!(Wanted::new(&[0..u64::MAX, 1..9], u64::MAX).bytes(), u64::MAX);
    }

    #[test]
    fn what_has_come_is_wanted_no_more() {
        let mut wanted = Wanted::new(&[10..20, 30..40], 0);
        wanted.came(0..10);
        wanted.came(20..30);
        assert_eq!(wanted.bytes(), 20);
        wanted.came(12..14);
        assert_eq!(wanted.runs, BTreeMap::from([(10, 12), (14, 20), (30, 40)]));
        wanted.came(11..35);
        assert_eq!(wanted.runs, BTreeMap::from([(10, 11), (35, 40)]));
        assert_eq!(wanted.bytes(), 6);
        wanted.came(0..u64::MAX);
        assert_eq!(wanted, Wanted::default());
    }
}
