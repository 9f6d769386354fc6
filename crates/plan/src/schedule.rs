//! When the next nightly backup is due, the next check, and the vault's work. The clock comes in, as everything does.

mod vault;

use std::time::Duration;

use jiff::civil::{Date, Time};
use jiff::{SignedDuration, Timestamp, ToSpan as _, Zoned};

use crate::policy::{Backup, Check, Deep, TimeOfDay};

pub use vault::{copy_due, due_places, far_due, proof_due, retention_due};

/// After a start the machine is left to itself for so long before a missed night is made up.
pub(crate) const SETTLE: SignedDuration = SignedDuration::from_mins(10);
/// After a failure it is tried again so much later, then twice as much, and so on.
const FIRST_RETRY: SignedDuration = SignedDuration::from_mins(15);
/// But no more than this.
const LAST_RETRY: SignedDuration = SignedDuration::from_hours(6);
/// A week, less what a check may begin earlier than the one a week before did.
const WEEK: SignedDuration = SignedDuration::from_hours(7 * 24 - 12);
/// A backup from so far in the future was made under another clock.
pub(crate) const OTHER_CLOCK: SignedDuration = SignedDuration::from_hours(1);

/// What the schedule must know.
#[derive(Clone, Debug)]
pub struct ScheduleInput {
    /// The time, in the machine's own zone.
    pub now: Zoned,
    /// When the machine was started.
    pub started: Timestamp,
    /// When the latest backup was taken, where there is one.
    pub latest: Option<Timestamp>,
    /// Attempts that have failed since then: when the last one did, and how many in a row.
    pub failed: Option<(Timestamp, u32)>,
    /// How much later than its time it begins tonight: within the policy's random delay.
    pub delay: Duration,
}

/// When the next backup is due: a time that has passed means now. Nothing where the policy asks for
/// none.
///
/// A night that was missed is made up after the start. A clock that was set back or ahead leads to
/// one backup at the most.
pub fn due(policy: &Backup, facts: &ScheduleInput) -> Option<Timestamp> {
    if policy.nightly { next(policy.time, facts) } else { None }
}

/// When the next check is due, likewise; `latest` is the last one.
pub fn check_due(policy: &Check, facts: &ScheduleInput) -> Option<Timestamp> {
    if policy.daily { next(policy.time, facts) } else { None }
}

/// Whether a check that begins now has to read every file; `last` is when the last one began that
/// did.
pub fn deep_is_due(policy: &Check, now: Timestamp, last: Option<Timestamp>) -> bool {
    match policy.deep {
        Deep::Daily => true,
        // One in the future was made under another clock.
        Deep::Weekly => last.is_none_or(|last| last > now || now.duration_since(last) >= WEEK),
        Deep::Never => false,
    }
}

fn next(time: TimeOfDay, facts: &ScheduleInput) -> Option<Timestamp> {
    let delay = SignedDuration::try_from(facts.delay).unwrap_or(SignedDuration::ZERO);
    let now = facts.now.timestamp();
    let (previous, next) = around(time, &facts.now)?;
    // One that seems to come from the future says nothing of this clock's nights.
    let latest = facts.latest.filter(|latest| latest.duration_since(now) < OTHER_CLOCK);
    let made = latest.is_some_and(|latest| latest >= previous);
    let due = if made {
        next.checked_add(delay).ok()?
    } else {
        let settled = facts.started.checked_add(SETTLE).ok()?;
        // A start in the future is told by another clock. It must not be waited for; nor may `now`
        // stand in for it, which would move the due time on with the clock for ever.
        let settled = if facts.started > now { previous } else { settled };
        previous.max(settled).checked_add(delay).ok()?
    };
    Some(retry(facts.failed, now).map_or(due, |retry| due.max(retry)))
}

/// When something is tried again that has failed so often in a row, the last time then. A failure in the future was
/// under another clock, and says nothing of when to try again.
pub(crate) fn retry(failed: Option<(Timestamp, u32)>, now: Timestamp) -> Option<Timestamp> {
    failed.filter(|(at, _)| *at <= now).and_then(|(at, count)| {
        let doubled = FIRST_RETRY.checked_mul(1 << count.saturating_sub(1).min(8));
        let wait = doubled.map_or(LAST_RETRY, |wait| wait.min(LAST_RETRY));
        at.checked_add(wait).ok()
    })
}

/// The last scheduled time up to now, and the one after it. Where a clock change skips the time of
/// day, it is the first moment after the gap; where one repeats it, the first of both.
pub(crate) fn around(time: TimeOfDay, now: &Zoned) -> Option<(Timestamp, Timestamp)> {
    let time = Time::new(time.hour, time.minute, 0, 0).ok()?;
    let on = |date: Date| {
        let zoned = date.to_datetime(time).to_zoned(now.time_zone().clone()).ok()?;
        Some(zoned.timestamp())
    };
    let today = now.date();
    let tonight = on(today)?;
    if tonight <= now.timestamp() {
        Some((tonight, on(today.checked_add(1.day()).ok()?)?))
    } else {
        Some((on(today.checked_sub(1.day()).ok()?)?, tonight))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> Zoned {
        text.parse().unwrap()
    }

    fn facts(now: &str, latest: Option<&str>) -> ScheduleInput {
        ScheduleInput {
            now: at(now),
            started: at("2026-01-01T00:00:00+08:00[Asia/Shanghai]").timestamp(),
            latest: latest.map(|latest| at(latest).timestamp()),
            failed: None,
            delay: Duration::from_mins(20),
        }
    }

    fn due_at(facts: &ScheduleInput) -> String {
        let due = due(&Backup::default(), facts).unwrap();
        due.to_zoned(facts.now.time_zone().clone()).datetime().to_string()
    }

    const EVENING: &str = "2026-11-22T20:00:00+08:00[Asia/Shanghai]";
    const LAST_NIGHT: &str = "2026-11-22T03:12:00+08:00[Asia/Shanghai]";

    #[test]
    fn a_backup_of_last_night_is_followed_by_one_tonight() {
        assert_eq!(due_at(&facts(EVENING, Some(LAST_NIGHT))), "2026-11-23T03:20:00");
        let night = "2026-11-23T03:05:00+08:00[Asia/Shanghai]";
        assert_eq!(due_at(&facts(night, Some(LAST_NIGHT))), "2026-11-23T03:20:00");
        let made = "2026-11-23T03:21:00+08:00[Asia/Shanghai]";
        assert_eq!(due_at(&facts(made, Some(made))), "2026-11-24T03:20:00");
    }

    #[test]
    fn a_missed_night_is_made_up_after_the_start() {
        let mut facts = facts(EVENING, Some("2026-11-20T03:00:00+08:00[Asia/Shanghai]"));
        facts.started = at("2026-11-22T19:55:00+08:00[Asia/Shanghai]").timestamp();
        assert_eq!(due_at(&facts), "2026-11-22T20:25:00");
        facts.latest = None;
        assert_eq!(due_at(&facts), "2026-11-22T20:25:00");
    }

    #[test]
    fn failures_are_tried_again_with_growing_distance() {
        let mut facts = facts(EVENING, None);
        let failed = at(EVENING).timestamp();
        for (count, wanted) in [(1, "20:15:00"), (2, "20:30:00"), (3, "21:00:00"), (20, "02:00:00")]
        {
            facts.failed = Some((failed, count));
            assert!(due_at(&facts).ends_with(wanted), "{count}: {}", due_at(&facts));
        }
    }

    #[test]
    fn a_clock_that_was_wrong_stops_nothing() {
        // Ten years ahead when the last one was made, and set right since.
        let future = Some("2036-11-22T03:12:00+08:00[Asia/Shanghai]");
        let mut wrong = facts(EVENING, future);
        assert_eq!(due_at(&wrong), "2026-11-22T03:20:00");
        wrong.started = at("2036-01-01T00:00:00+08:00[Asia/Shanghai]").timestamp();
        assert_eq!(due_at(&wrong), "2026-11-22T03:20:00");
        // Due is due: it does not move on with the clock.
        wrong.now = at("2026-11-22T21:00:00+08:00[Asia/Shanghai]");
        assert_eq!(due_at(&wrong), "2026-11-22T03:20:00");
        wrong.failed = Some((at("2036-11-22T03:12:00+08:00[Asia/Shanghai]").timestamp(), 1));
        assert_eq!(due_at(&wrong), "2026-11-22T03:20:00");
    }

    #[test]
    fn a_skipped_and_a_repeated_hour_have_one_backup_each() {
        let night = Backup { time: "02:30".parse().unwrap(), ..Backup::default() };
        let next = |now: &str, latest: &str| {
            let mut facts = facts(now, Some(latest));
            facts.started = Timestamp::UNIX_EPOCH;
            facts.delay = Duration::ZERO;
            due(&night, &facts).unwrap().to_zoned(facts.now.time_zone().clone())
        };
        let before = "2026-03-29T01:00:00+01:00[Europe/Berlin]";
        let skipped = next(before, "2026-03-28T02:31:00+01:00[Europe/Berlin]");
        assert_eq!(skipped.datetime().to_string(), "2026-03-29T03:30:00");
        let again = next("2026-03-29T03:31:00+02:00[Europe/Berlin]", &skipped.to_string());
        assert_eq!(again.date().to_string(), "2026-03-30");
        let first = next(
            "2026-10-25T01:00:00+02:00[Europe/Berlin]",
            "2026-10-24T02:31:00+02:00[Europe/Berlin]",
        );
        assert_eq!(first.to_string(), "2026-10-25T02:30:00+02:00[Europe/Berlin]");
        let repeated = next("2026-10-25T02:31:00+01:00[Europe/Berlin]", &first.to_string());
        assert_eq!(repeated.date().to_string(), "2026-10-26");
    }

    #[test]
    fn none_is_due_where_none_is_wanted() {
        let policy = Backup { nightly: false, ..Backup::default() };
        assert_eq!(due(&policy, &facts(EVENING, None)), None);
    }

    proptest! {
        #[test]
        fn one_is_due_within_a_day_and_a_half_and_none_right_after_another(
            now in 1_700_000_000i64..2_500_000_000, ago in 0i64..10_000_000, delay in 0u64..3600,
        ) {
            let zone = jiff::tz::TimeZone::get("Europe/Berlin").unwrap();
            let now = Timestamp::from_second(now).unwrap().to_zoned(zone);
            let mut facts = facts(EVENING, None);
            facts.started = Timestamp::UNIX_EPOCH;
            facts.delay = Duration::from_secs(delay);
            facts.latest = now.timestamp().checked_sub(ago.seconds()).ok();
            facts.now = now;
            let policy = Backup::default();
            let first = due(&policy, &facts).unwrap();
            let wait = first.duration_since(facts.now.timestamp());
            prop_assert!(wait < SignedDuration::from_hours(36));
            // Made when it was due, the next one is most of a day away.
            let made = first.max(facts.now.timestamp());
            facts.now = made.to_zoned(facts.now.time_zone().clone());
            facts.latest = Some(made);
            let second = due(&policy, &facts).unwrap();
            prop_assert!(second.duration_since(made) > SignedDuration::ZERO);
        }
    }

    #[test]
    fn a_deep_check_is_due_once_a_week() {
        let policy = Check::default();
        let now = at(EVENING).timestamp();
        let ago = |hours| now.checked_sub(SignedDuration::from_hours(hours)).unwrap();
        assert!(deep_is_due(&policy, now, None));
        assert!(!deep_is_due(&policy, now, Some(ago(6 * 24 + 1))));
        // The one of a week ago was made up after a start, and began later in the day.
        assert!(deep_is_due(&policy, now, Some(ago(7 * 24 - 10))));
        assert!(deep_is_due(&policy, now, Some(ago(-3))));
        let never = Check { deep: Deep::Never, ..policy };
        assert!(!deep_is_due(&never, now, None));
    }

    #[test]
    fn a_check_is_due_at_its_own_time() {
        let facts = ScheduleInput { delay: Duration::ZERO, ..facts(EVENING, Some(LAST_NIGHT)) };
        let due = check_due(&Check::default(), &facts).unwrap();
        let due = due.to_zoned(facts.now.time_zone().clone()).datetime().to_string();
        assert_eq!(due, "2026-11-23T02:00:00");
        let none = Check { daily: false, ..Check::default() };
        assert_eq!(check_due(&none, &facts), None);
    }
}
