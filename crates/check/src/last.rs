//! What the last check came to, for those who were not there: who acknowledges what it found, who
//! raises an alarm, and who says when the next one is due.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};
use zshield_golden::EntryPath;
use zshield_golden::compare::StateDigest;
use zshield_linux::{durable_file, label};
use zshield_messages::Said;
use zshield_plan::policy::Class;
use zshield_units::UnixTime;

use crate::depth::Depth;
use crate::report::{CheckReport, DriftAlarm};

/// The file, within the system.
pub const FILE: &str = "var/lib/zshield/check.json";
const FORMAT: u32 = 1;

/// The last check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Last {
    format: u32,
    /// When it began, in seconds since 1970, UTC.
    pub began: UnixTime,
    /// How close it was.
    pub depth: Depth,
    /// When the last deep one began, likewise.
    pub deep: Option<UnixTime>,
    /// The paths that drift and are not in order.
    pub drifting: Vec<Drifting>,
    /// Whether something outside of the system's files does.
    pub machine: bool,
    /// What an alarm is raised for: the system's files differ.
    pub alarm: Option<Alarm>,
    /// Likewise: somebody was given access or rights. An earlier version knew no such alarm.
    #[serde(default)]
    pub access: Option<Alarm>,
}

/// A path that drifts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drifting {
    /// Which.
    pub path: EntryPath,
    /// Of which class.
    pub class: Class,
    /// The state that it had.
    pub state: StateDigest,
    /// Which alarm it raises, where it raises one.
    #[serde(default, alias = "concern")]
    pub alarm: DriftAlarm,
}

/// What an alarm says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alarm {
    /// How many things drift.
    pub count: u64,
    /// One of them.
    pub example: Said,
    /// The packages that some of them belong to.
    pub packages: Vec<String>,
}

impl Last {
    /// What a report leaves behind; `before` is what the one before it did.
    pub fn of(report: &CheckReport, before: Option<&Self>) -> Self {
        let deep = match report.depth {
            Depth::Deep => Some(report.began),
            Depth::Quick => before.and_then(|before| before.deep),
        };
        let drifting = report
            .unexpected()
            .filter_map(|finding| {
                let (path, class) = (finding.path()?.clone(), finding.class);
                let alarm = finding.alarm().unwrap_or_default();
                Some(Drifting { path, class, state: finding.state?, alarm })
            })
            .collect();
        let machine = report.unexpected().any(|finding| finding.path().is_none());
        let alarm = |which| {
            report.alarming(which).map(|alarming| Alarm {
                count: alarming.count as u64,
                example: Said::of(|| alarming.example.named()),
                packages: alarming.packages.into_iter().map(str::to_owned).collect(),
            })
        };
        let (began, depth) = (report.began, report.depth);
        let (alarm, access) = (alarm(DriftAlarm::Files), alarm(DriftAlarm::Access));
        Self { format: FORMAT, began, depth, deep, drifting, machine, alarm, access }
    }

    /// These paths are in order from now on. What is left of an alarm is counted anew by the next
    /// check; nothing of it where nothing of the system is left.
    pub fn accept(&mut self, paths: &BTreeSet<EntryPath>) {
        self.drifting.retain(|drifting| !paths.contains(&drifting.path));
        if !self.machine && self.alarming(DriftAlarm::Files).next().is_none() {
            self.alarm = None;
        }
        if self.alarming(DriftAlarm::Access).next().is_none() {
            self.access = None;
        }
    }

    /// The paths that an alarm is raised for.
    pub fn alarming(&self, alarm: DriftAlarm) -> impl Iterator<Item = &EntryPath> {
        let raises = move |one: &&Drifting| one.class == Class::System && one.alarm == alarm;
        self.drifting.iter().filter(raises).map(|one| &one.path)
    }

    /// The last check of the system below `root`; nothing where there is none that is understood.
    pub fn read(root: &Path) -> io::Result<Option<Self>> {
        let text = match fs::read(root.join(FILE)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            other => other?,
        };
        let read = serde_json::from_slice(&text).map_err(io::Error::from);
        let read = read.inspect_err(|error| tracing::error!("{FILE}: {error}"));
        Ok(read.ok().filter(|found: &Self| found.format == FORMAT))
    }

    /// Leaves it for others; the file is replaced as a whole.
    pub fn write(&self, root: &Path) -> io::Result<()> {
        let path = root.join(FILE);
        label::create_dir_all(path.parent().unwrap_or(root))?;
        durable_file::write(&path, 0o600, &serde_json::to_vec_pretty(self)?)
    }
}
