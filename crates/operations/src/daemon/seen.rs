//! What the daemon has seen of the disks, and what is due by that.

use std::time::Duration;

use jiff::{Timestamp, Zoned};
use zshield_plan::schedule;
use zshield_plan::upgrade::pin;
use zshield_units::UnixTime;

use super::Daemon;
use super::due::share_of_delay;
use crate::status::Status;

impl Daemon {
    /// What was seen last, unless it may have changed since.
    pub(super) fn current(&self) -> Option<&Status> {
        self.status.as_ref().filter(|_| !self.outdated)
    }

    pub(super) fn answers(&self) -> bool {
        self.current().is_some() && self.stalled.is_none()
    }

    /// Whether a new version may still be left. Its gate checks it, and needs the lock for that; no backup may be made.
    fn is_on_trial(&self) -> bool {
        self.current().is_some_and(|status| pin::pinned(&status.upgrades).is_some())
    }

    /// Whether nothing is under way that keeps the lock, and the disks answer.
    pub(super) fn is_idle(&self) -> bool {
        let jobs = [&self.backup, &self.check, &self.upgrade];
        !jobs.iter().any(|job| job.is_under_way()) && self.answers() && !self.is_on_trial()
    }

    /// When the next backup is due, as far as the disks have been seen.
    pub(super) fn due(&self) -> Option<Timestamp> {
        let status = self.current()?;
        let facts = self.dates(status.latest(), self.backup.failed(), self.delay());
        schedule::due(&self.policy.backup, &facts)
    }

    /// When the next check is due, likewise.
    pub(super) fn check_due(&self) -> Option<Timestamp> {
        let status = self.current()?;
        let facts = self.dates(status.checked, self.check.failed(), Duration::ZERO);
        schedule::check_due(&self.policy.check, &facts)
    }

    fn dates(
        &self,
        latest: Option<UnixTime>,
        failed: Option<(Timestamp, u32)>,
        delay: Duration,
    ) -> schedule::ScheduleInput {
        let latest = latest.and_then(UnixTime::timestamp);
        schedule::ScheduleInput { now: Zoned::now(), started: self.started, latest, failed, delay }
    }

    /// Tonight's share of the random delay.
    fn delay(&self) -> Duration {
        // A machine without an id shares its delay with others like it.
        let machine = std::fs::read("/etc/machine-id").unwrap_or_default();
        share_of_delay(&machine, Zoned::now().date(), self.policy.backup.random_delay.0)
    }
}
