//! An operation's steps, as the screens show them.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use zshield_operations::progress::{Part, Progress};
use zshield_plan::step::Step;

use crate::operations::{self as screens, Observer};
use crate::text::Text;

/// Hands what the executor tells to the screens, from whichever thread it comes.
pub(super) struct Steps<'a> {
    observer: Mutex<&'a mut dyn Observer>,
    begun: AtomicBool,
}

impl<'a> Steps<'a> {
    pub(super) fn new(observer: &'a mut dyn Observer, begun: bool) -> Self {
        Self { observer: Mutex::new(observer), begun: AtomicBool::new(begun) }
    }

    /// Whether any step was begun.
    pub(super) fn begun(&self) -> bool {
        self.begun.load(Ordering::Relaxed)
    }

    fn tell(&self, part: &Part<'_>, status: screens::Status) {
        // A medium is not made here.
        let &Part::Step { number, total, step } = part else { return };
        let narrow = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let shown: Step = step.clone();
        if let Ok(mut observer) = self.observer.lock() {
            observer.step(screens::Step {
                number: narrow(number),
                total: narrow(total),
                name: step.name().to_owned(),
                title: Text::said(move || shown.title()),
                status,
            });
        }
    }
}

impl Progress for Steps<'_> {
    fn begin(&self, part: &Part<'_>) {
        self.begun.store(true, Ordering::Relaxed);
        self.tell(part, screens::Status::Begun);
    }

    fn advance(&self, done: u64, total: Option<u64>) {
        if let (Ok(mut observer), Some(total)) = (self.observer.lock(), total) {
            observer.bytes(done, total);
        }
    }

    fn end(&self, part: &Part<'_>) {
        self.tell(part, screens::Status::Done);
    }

    fn warn(&self, text: &str) {
        tracing::warn!("{text}");
    }
}
