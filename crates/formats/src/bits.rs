//! A set of small numbers, a bit for each that there may be.

/// The set.
#[derive(Clone, Debug)]
pub(crate) struct Bits(Vec<u64>);

impl Bits {
    /// The empty set of numbers below `end`.
    pub(crate) fn new(end: u64) -> Self {
        let words = usize::try_from(end.div_ceil(64)).unwrap_or(usize::MAX);
        Self(vec![0; words])
    }

    /// Adds a number; whether it was not in it before. Numbers beyond the end are never in it.
    pub(crate) fn insert(&mut self, number: u64) -> bool {
        let (index, bit) = Self::place(number);
        self.0.get_mut(index).is_some_and(|word| {
            let fresh = *word & bit == 0;
            *word |= bit;
            fresh
        })
    }

    /// Whether a number is in it.
    pub(crate) fn contains(&self, number: u64) -> bool {
        let (index, bit) = Self::place(number);
        self.0.get(index).is_some_and(|word| word & bit != 0)
    }

    fn place(number: u64) -> (usize, u64) {
        (usize::try_from(number / 64).unwrap_or(usize::MAX), 1 << (number % 64))
    }
}
