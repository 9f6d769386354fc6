//! Progress, counted by several threads.

use crate::context::Observer;

/// Adds up what several threads have done, and passes the fail point half way.
pub(super) struct Counter<'a> {
    done: std::sync::atomic::AtomicU64,
    total: u64,
    observer: &'a dyn Observer,
    half_way: &'a (dyn Fn() + Sync),
}

impl<'a> Counter<'a> {
    pub(super) fn new(
        total: u64,
        observer: &'a dyn Observer,
        half_way: &'a (dyn Fn() + Sync),
    ) -> Self {
        Self { done: 0.into(), total, observer, half_way }
    }

    pub(super) fn add(&self, bytes: u64) {
        use std::sync::atomic::Ordering::Relaxed;
        let before = self.done.fetch_add(bytes, Relaxed);
        let after = before + bytes;
        if before < self.total / 2 && after >= self.total / 2 {
            (self.half_way)();
        }
        // Screens and serial lines are slower than this is.
        if before >> 22 != after >> 22 || after == self.total {
            self.observer.advance(after, self.total);
        }
    }
}
