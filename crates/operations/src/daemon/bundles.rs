//! Newer versions: looked for, and installed, by processes of their own.

use anyhow::Result;
use jiff::{SignedDuration, Timestamp, Zoned};
use zshield_messages::say;
use zshield_plan::upgrade::look;

use super::due::{Moment, is_due, share};
use super::job::Ended;
use super::{Daemon, error, notice};

/// A look takes the lock for a moment: none begins so long before a check or a backup does.
const BEFORE: SignedDuration = SignedDuration::from_mins(2);

impl Daemon {
    /// Has it looked for a newer version where that is due, and nothing else is.
    pub(super) fn look_for_bundles(&mut self, moment: &Moment) -> Result<()> {
        let now = moment.now;
        let is_near = |due: &Timestamp| *due > now && due.duration_since(now) < BEFORE;
        let is_next = [moment.check, moment.backup].iter().flatten().any(is_near);
        let due = self.bundles().and_then(|facts| look::due(&self.policy.upgrade, &facts));
        if is_due(due, now) && !is_next && moment.is_idle && !self.look.is_under_way() {
            self.look.start()?;
        }
        Ok(())
    }

    /// Whether a newer version is installed now.
    pub(super) fn installs(&self) -> bool {
        self.bundles().is_some_and(|facts| look::installs(&self.policy.upgrade, &facts))
    }

    /// Has it installed. What keeps it from beginning keeps it until the next window.
    pub(super) fn begin_upgrade(&mut self, now: Timestamp) {
        notice(&say::daemon::upgrade_begins());
        self.upgrade_begun = Some(now);
        if let Err(why) = self.upgrade.start() {
            error(&say::daemon::upgrade_failed(format!("{why:#}")));
        }
    }

    /// What choices about newer versions are made from, as far as the disks have been seen.
    fn bundles(&self) -> Option<look::Facts<'_>> {
        let status = self.current()?;
        Some(look::Facts {
            now: Zoned::now(),
            started: self.started,
            share: share(&std::fs::read("/etc/machine-id").unwrap_or_default()),
            looked: status.looked.as_ref(),
            failed: self.look.failed(),
            begun: self.upgrade_begun,
            installed: &status.ledger.as_ref()?.version,
            record: &status.upgrades,
        })
    }

    pub(super) fn look_ended(&mut self) -> Result<()> {
        match self.look.ended()? {
            None => return Ok(()),
            // What was found is an alarm where somebody should know of it.
            Some(Ended::Well) => {}
            Some(Ended::Refused) => notice(&say::daemon::look_refused()),
            // `zshield status` says why. It is asked again.
            Some(Ended::Badly(status)) => notice(&say::daemon::look_failed(status.to_string())),
        }
        self.look_anew();
        Ok(())
    }

    pub(super) fn upgrade_ended(&mut self) -> Result<()> {
        match self.upgrade.ended()? {
            None => return Ok(()),
            Some(Ended::Well) => notice(&say::daemon::upgrade_applied()),
            Some(Ended::Refused) => notice(&say::daemon::upgrade_refused()),
            Some(Ended::Badly(status)) => error(&say::daemon::upgrade_failed(status.to_string())),
        }
        self.look_anew();
        Ok(())
    }
}
