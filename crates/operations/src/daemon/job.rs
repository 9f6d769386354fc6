//! What the daemon has done by a process of its own, and asks for again where it failed.

use std::io;
use std::process::{Child, Command, ExitStatus};

use anyhow::{Context as _, Result};
use jiff::Timestamp;

use crate::exit;

/// With what the disks have left over.
const QUIETLY: &[&str] = &["ionice", "-c", "3"];
/// The same as a unit, whose status is this process's.
const IN_A_UNIT: &[&str] = &[
    "systemd-run",
    "--quiet",
    "--collect",
    "--wait",
    "--unit=zshield-upgrade-scheduled",
    "--property=IOSchedulingClass=idle",
];

/// Something that is done now and then.
#[derive(Debug)]
pub(super) struct Job {
    /// What starts it.
    launcher: &'static [&'static str],
    /// The command.
    arguments: Vec<String>,
    /// The statuses by which it says that it has done its work.
    well: &'static [u8],
    child: Option<Child>,
    /// Since it went well: when it failed last, and how often in a row.
    failed: Option<(Timestamp, u32)>,
    /// Whether it did not begin when it was last asked for.
    refused: bool,
    /// When it ended last, however that was.
    ended: Option<Timestamp>,
}

/// How it ended.
#[derive(Clone, Copy, Debug)]
pub(super) enum Ended {
    /// It has done its work.
    Well,
    /// It did not begin.
    Refused,
    /// It failed.
    Badly(ExitStatus),
}

impl Job {
    pub(super) fn new(arguments: &[&str], well: &'static [u8]) -> Self {
        let arguments = arguments.iter().map(|&word| word.to_owned()).collect();
        Self {
            launcher: QUIETLY,
            arguments,
            well,
            child: None,
            failed: None,
            refused: false,
            ended: None,
        }
    }

    /// The same as a unit of systemd's of this name, which outlives the daemon: it may be one of those that start again
    /// meanwhile.
    pub(super) fn in_its_own_unit(self) -> Self {
        Self { launcher: IN_A_UNIT, ..self }
    }

    /// Starts it, with what the disks have left over; what is scheduled gives way at the processor
    /// itself. The daemon has to be heard on a busy machine, too: else its watchdog takes it for
    /// dead, and the disks for stalled.
    pub(super) fn start(&mut self) -> Result<()> {
        let program = std::env::current_exe().context("current_exe")?;
        let (launcher, options) = self.launcher.split_first().context("no launcher")?;
        let mut command = Command::new(launcher);
        command.args(options).arg(program).args(&self.arguments);
        self.child = Some(command.spawn().context(*launcher)?);
        Ok(())
    }

    pub(super) const fn is_under_way(&self) -> bool {
        self.child.is_some()
    }

    pub(super) const fn failed(&self) -> Option<(Timestamp, u32)> {
        self.failed
    }

    /// When it ended last, however that was.
    pub(super) const fn last_ended(&self) -> Option<Timestamp> {
        self.ended
    }

    /// Whether it did not begin when it was last asked for: it is still to come.
    pub(super) const fn was_refused(&self) -> bool {
        self.refused
    }

    /// How it ended, once.
    pub(super) fn ended(&mut self) -> io::Result<Option<Ended>> {
        let Some(child) = &mut self.child else { return Ok(None) };
        let Some(status) = child.try_wait()? else { return Ok(None) };
        self.child = None;
        self.ended = Some(Timestamp::now());
        let ended = self.judge(status);
        self.refused = matches!(ended, Ended::Refused);
        let count = self.failed.map_or(0, |(_, count)| count);
        self.failed = match ended {
            Ended::Well => None,
            // Nothing was tried: it is asked for again soon, however often that may be.
            Ended::Refused => Some((Timestamp::now(), count.max(1))),
            Ended::Badly(_) => Some((Timestamp::now(), count + 1)),
        };
        Ok(Some(ended))
    }

    fn judge(&self, status: ExitStatus) -> Ended {
        let is = |known: u8| status.code() == Some(i32::from(known));
        if self.well.iter().copied().any(is) {
            Ended::Well
        } else if is(exit::REFUSED) {
            Ended::Refused
        } else {
            Ended::Badly(status)
        }
    }

    /// Waits until it ends.
    pub(super) fn wait(self) -> io::Result<()> {
        self.child.map_or(Ok(()), |mut child| child.wait().map(drop))
    }
}

#[cfg(test)]
impl Job {
    /// Has it run, and end with this status.
    pub(super) fn end_with(&mut self, status: u8) {
        let status = status.to_string();
        let mut child = Command::new("sh").args(["-c", "exit $0", &status]).spawn().unwrap();
        child.wait().unwrap();
        self.child = Some(child);
        assert!(self.ended().unwrap().is_some());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_did_not_begin_is_still_to_come_until_it_does() {
        let mut job = Job::new(&[], &[0, 4]);
        for (status, refused, failures) in
            [(4, false, None), (3, true, Some(1)), (1, false, Some(2)), (0, false, None)]
        {
            job.end_with(status);
            let count = job.failed().map(|(_, count)| count);
            assert_eq!((job.was_refused(), count), (refused, failures), "status {status}");
        }
    }
}
