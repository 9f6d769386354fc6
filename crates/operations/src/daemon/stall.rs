//! Whether the HDD answers, by what the kernel counts of it. A machine that is slow, because a
//! check or a customer's work keeps it busy, takes its time to say how its disks are: only a disk
//! that has requests and answers none does not answer.

use std::time::{Duration, Instant};

use zshield_linux::activity::{self, Activity};

/// A disk that has answered nothing for longer than this is told.
const PATIENCE: Duration = Duration::from_secs(30);
/// So is one, whatever the kernel counts of it, of which nothing has been heard for longer than this.
const LONGEST: Duration = Duration::from_mins(10);

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

    /// Whether it is to be told that the disks, asked then, have not answered up to now.
    pub(super) fn is_stalled(&self, asked: Instant, now: Instant) -> bool {
        let silent = now.duration_since(asked);
        let is_still = self.still_since.is_some_and(|since| now.duration_since(since) > PATIENCE);
        (silent > PATIENCE && is_still) || silent > LONGEST
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

    #[test]
    fn a_slow_disk_is_waited_for_longer_than_one_that_answers_nothing() {
        let asked = Instant::now();
        let second = |count| asked + Duration::from_secs(count);
        let waits = |answered| Some(Activity { under_way: 2, answered });
        let mut stall = StallDetector::default();
        stall.note(waits(10), second(0));
        stall.note(waits(10), second(1));
        assert!(!stall.is_stalled(asked, second(30)));
        // The disk has to be still for as long, too.
        assert!(!stall.is_stalled(asked, second(31)));
        assert!(stall.is_stalled(asked, second(32)));
        // Asked again since.
        assert!(!stall.is_stalled(second(20), second(32)));
        stall.note(waits(11), second(33));
        assert!(!stall.is_stalled(asked, second(600)));
        assert!(stall.is_stalled(asked, second(601)));
    }

    #[test]
    fn another_disk_is_watched_anew() {
        let now = Instant::now();
        let mut stall = StallDetector::default();
        stall.watch(Some("/dev/sdb".to_owned()));
        let waits = Some(Activity { under_way: 2, answered: 10 });
        stall.note(waits, now);
        stall.note(waits, now);
        stall.watch(Some("/dev/sdb".to_owned()));
        assert!(stall.still_since.is_some());
        stall.watch(Some("/dev/sdc".to_owned()));
        assert!(stall.still_since.is_none());
    }
}
