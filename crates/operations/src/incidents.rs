//! What happens at a moment and is told for a day: that the clock was set, that the daemon was ended
//! out of order. Noted in memory (`/run`), by a clock that nobody sets: a start begins anew.

use std::fs;
use std::io;
use std::path::PathBuf;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use zshield_host::observe;
use zshield_linux::own_directory;
use zshield_units::UnixTime;

/// The note.
const FILE: &str = "/run/zshield/incidents.json";
/// A clock that is set by less is kept right.
const JUMP: i64 = 300;
const DAY: i64 = 24 * 3600;

/// What has happened since the machine was started.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Noted {
    /// Whether the daemon runs.
    running: bool,
    /// How often it was ended out of order.
    ended: u32,
    /// When that was last, in seconds since the start.
    ended_at: i64,
    /// By how many seconds the clock was set last, and when that was.
    jump: Option<(i64, i64)>,
}

/// What has happened, and the clock that is watched.
#[derive(Debug)]
pub(crate) struct Incidents {
    file: PathBuf,
    noted: Noted,
    /// When the machine was started, by the clock as it was seen last.
    started: UnixTime,
}

impl Incidents {
    /// The daemon begins.
    pub(crate) fn begin() -> io::Result<Self> {
        Self::begin_at(FILE.into(), now(), observe::uptime())
    }

    fn begin_at(file: PathBuf, now: UnixTime, uptime: i64) -> io::Result<Self> {
        // None, or one that was cut off: nothing is known.
        let noted = fs::read(&file).ok().and_then(|json| serde_json::from_slice(&json).ok());
        let mut incidents = Self { file, noted: noted.unwrap_or_default(), started: now + -uptime };
        if incidents.noted.running {
            incidents.noted.ended += 1;
            incidents.noted.ended_at = uptime;
        }
        incidents.noted.running = true;
        incidents.write()?;
        Ok(incidents)
    }

    /// The daemon ends in order.
    pub(crate) fn end(mut self) -> io::Result<()> {
        self.noted.running = false;
        self.write()
    }

    /// Looks at the clock.
    pub(crate) fn look(&mut self) -> io::Result<()> {
        self.look_at(now(), observe::uptime())
    }

    fn look_at(&mut self, now: UnixTime, uptime: i64) -> io::Result<()> {
        let started = now + -uptime;
        let jump = started.since(self.started);
        self.started = started;
        if jump.abs() < JUMP {
            return Ok(());
        }
        self.noted.jump = Some((jump, uptime));
        self.write()
    }

    /// By how much the clock was set within the last day.
    pub(crate) fn jumped(&self) -> Option<i64> {
        self.jumped_by(observe::uptime())
    }

    fn jumped_by(&self, uptime: i64) -> Option<i64> {
        self.noted.jump.filter(|(_, at)| uptime - at < DAY).map(|(seconds, _)| seconds)
    }

    /// How often the daemon was ended, where it was within the last day.
    pub(crate) fn ended(&self) -> u32 {
        self.ended_by(observe::uptime())
    }

    fn ended_by(&self, uptime: i64) -> u32 {
        if uptime - self.noted.ended_at < DAY { self.noted.ended } else { 0 }
    }

    fn write(&self) -> io::Result<()> {
        own_directory::write_private(&self.file, &serde_json::to_vec(&self.noted)?)
    }
}

fn now() -> UnixTime {
    UnixTime::from(Timestamp::now())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn one_that_was_not_ended_in_order_is_counted_for_a_day() {
        let directory = tempfile::tempdir().unwrap();
        let begin = |uptime| {
            Incidents::begin_at(directory.path().join("note"), UnixTime(1000 + uptime), uptime)
                .unwrap()
        };
        let first = begin(0);
        assert_eq!(first.ended_by(0), 0);
        drop(first);
        let second = begin(10);
        assert_eq!(second.ended_by(11), 1);
        assert_eq!(second.ended_by(10 + DAY), 0);
        second.end().unwrap();
        assert_eq!(begin(20).ended_by(20), 1);
    }

    #[test]
    fn a_clock_that_is_set_is_told_for_a_day_and_one_that_is_kept_right_is_not() {
        let directory = tempfile::tempdir().unwrap();
        let mut incidents =
            Incidents::begin_at(directory.path().join("note"), UnixTime(1000), 0).unwrap();
        for uptime in 0..10 {
            incidents.look_at(UnixTime(1000 + uptime + uptime * 40), uptime).unwrap();
        }
        assert_eq!(incidents.jumped_by(10), None);
        incidents.look_at(UnixTime(1000 + 10 + 360 - 7200), 10).unwrap();
        assert_eq!(incidents.jumped_by(11), Some(-7200));
        incidents.look_at(UnixTime(1000 + 12 + 360 - 7200), 12).unwrap();
        assert_eq!(incidents.jumped_by(13), Some(-7200));
        assert_eq!(incidents.jumped_by(10 + DAY), None);
    }
}
