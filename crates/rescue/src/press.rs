//! A key, and how it came.

use crate::key::Key;

/// A key, and how it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Press {
    /// The key.
    pub key: Key,
    /// What it came with.
    pub burst: Burst,
}

/// What came in one go. A person's keys come one by one, a script's answer may come whole; what an
/// echoing line or a noisy one sends comes in bursts, and must not start anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Burst {
    /// One key, with at most returns behind it.
    Alone,
    /// Digits, returns and corrections.
    Number,
    /// Anything else.
    Mixed,
}

impl Press {
    /// Whether it came by itself.
    pub(crate) fn alone(self) -> bool {
        self.burst == Burst::Alone
    }

    /// Whether it may be part of a number that somebody types.
    pub(crate) fn typed(self) -> bool {
        self.burst != Burst::Mixed
    }
}
