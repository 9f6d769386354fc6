//! Whether the HDD answers, by what the kernel counts of it. A machine that is slow, because a
//! check or a customer's work keeps it busy, takes its time to say how its disks are: only a disk
//! that has requests and answers none does not answer.

use std::time::{Duration, Instant};

use zshield_linux::activity::{self, Activity};

/// The requests of one disk, watched.
#[derive(Debug, Default)]
pub(super) struct StallDetector {
    device: Option<String>,
    last: Option<Activity>,
    still_since: Option<Instant>,
}

impl StallDetector {
    /// Watches this disk from now on.
    pub(super) fn watch(&mut self, device: Option<String>) {
        if device != self.device {
            *self = Self { device, ..Self::default() };
        }
    }

    /// Looks how far it has come; the disk itself is not asked.
    pub(super) fn poll(&mut self) {
        self.note(self.device.as_deref().and_then(activity::of), Instant::now());
    }

    fn note(&mut self, activity: Option<Activity>, now: Instant) {
        let waits = activity.is_some_and(|it| it.under_way > 0);
        let is_still = waits && activity.map(|it| it.answered) == self.last.map(|it| it.answered);
        self.still_since = is_still.then(|| self.still_since.unwrap_or(now));
        self.last = activity;
    }

    /// Whether it has had requests for this long, and has answered none.
    pub(super) fn is_still_for(&self, long: Duration) -> bool {
        self.still_since.is_some_and(|since| since.elapsed() > long)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_disk_that_has_requests_and_answers_none_is_still() {
        let now = Instant::now();
        let still = |noted: &[Option<(u64, u64)>]| {
            let mut stall = StallDetector::default();
            for one in noted {
                let activity = |(under_way, answered)| Activity { under_way, answered };
                stall.note(one.map(activity), now);
            }
            stall.still_since.is_some()
        };
        assert!(still(&[Some((2, 10)), Some((3, 10))]));
        // It answers, if slowly; it has nothing to do; it has gone.
        assert!(!still(&[Some((2, 10)), Some((2, 11))]));
        assert!(!still(&[Some((0, 10)), Some((0, 10))]));
        assert!(!still(&[Some((2, 10)), None]));
        // It has answered at last.
        assert!(!still(&[Some((2, 10)), Some((2, 10)), Some((1, 11))]));
    }
}
