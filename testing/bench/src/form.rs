//! How much of a bench is run.

/// The whole of it, for its figures; or as little as shows that it still measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Whole,
    /// One turn of its first case. No figure comes of it.
    Short,
}

impl Form {
    /// How often each side runs, in turns, of the number that the median of a whole one is of.
    pub(super) const fn turns(self, whole: usize) -> usize {
        match self {
            Self::Whole => whole,
            Self::Short => 1,
        }
    }

    /// The cases that are measured.
    pub(super) fn of<T>(self, cases: impl IntoIterator<Item = T>) -> Vec<T> {
        let wanted = match self {
            Self::Whole => usize::MAX,
            Self::Short => 1,
        };
        cases.into_iter().take(wanted).collect()
    }
}
