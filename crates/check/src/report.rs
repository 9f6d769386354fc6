//! What a check found.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};
use zshield_golden::EntryPath;
use zshield_golden::compare::{Difference, StateDigest};
use zshield_plan::policy::Class;
use zshield_units::UnixTime;

use crate::access::Grant;
use crate::boot::{Deviation, Part};
use crate::depth::Depth;

/// The format of a report in JSON.
pub const FORMAT: u32 = 1;

/// What drifts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case", tag = "place")]
pub enum DriftPlace {
    /// A path of the system.
    File {
        /// Which.
        path: EntryPath,
    },
    /// Something outside of it.
    Machine {
        /// What.
        #[serde(flatten)]
        part: Part,
    },
}

impl fmt::Display for DriftPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path } => write!(f, "/{path}"),
            Self::Machine { part } => part.fmt(f),
        }
    }
}

/// Why a drift is in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// Somebody has acknowledged it as it is.
    Acknowledged,
    /// It is configuration, and the latest backup has it as it is.
    BackedUp,
}

/// The alarms that findings raise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DriftAlarm {
    /// The system's files differ.
    #[default]
    Files,
    /// Somebody was given access or rights.
    Access,
}

/// Something that is not as it was delivered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What.
    #[serde(flatten)]
    pub place: DriftPlace,
    /// Of which class.
    pub class: Class,
    /// The package that it belongs to.
    pub package: Option<String>,
    /// When it was changed last, as far as the filesystem knows, in seconds since 1970, UTC.
    pub changed: Option<UnixTime>,
    /// Why it is in order; nothing where it is not.
    pub expected: Option<Reason>,
    /// What it gives: access to the machine, or rights on it.
    pub grants: Vec<Grant>,
    /// What is different.
    pub differences: Vec<Difference>,
    /// All that can drift about it, as it is now; nothing where it can't be read.
    pub state: Option<StateDigest>,
}

/// A whole report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CheckReport {
    /// The format.
    pub format: u32,
    /// When the check began, in seconds since 1970, UTC.
    pub began: UnixTime,
    /// How closely was looked.
    pub depth: Depth,
    /// Why a quick check has hashed everything all the same.
    pub no_basis: Option<String>,
    /// The version that the system is held against.
    pub version: String,
    /// How many entries of the manifest were compared.
    pub compared: u64,
    /// How many were not: volatile, or hidden below another filesystem.
    pub skipped: u64,
    /// What drifts, in order of class and place.
    pub findings: Vec<Finding>,
    /// All names of the system's files that are not in order, where one has several.
    pub names: BTreeSet<EntryPath>,
}

impl Finding {
    /// A part of the machine that is not as it was delivered.
    pub fn of_machine(deviation: Deviation) -> Self {
        let difference = match deviation.unreadable {
            None => Difference::Content,
            Some(error) => Difference::Unreadable { reason: error.to_string() },
        };
        Self {
            place: DriftPlace::Machine { part: deviation.part },
            class: Class::System,
            package: None,
            changed: None,
            expected: None,
            grants: Vec::new(),
            differences: vec![difference],
            state: None,
        }
    }

    /// Where it is, and what it gives.
    pub fn named(&self) -> String {
        if self.grants.is_empty() {
            return self.place.to_string();
        }
        let grants: Vec<String> = self.grants.iter().map(ToString::to_string).collect();
        format!("{} ({})", self.place, grants.join("; "))
    }

    /// The alarm that it raises, where it is not in order. Configuration raises none: an administrator
    /// changes it.
    pub fn alarm(&self) -> Option<DriftAlarm> {
        let gives = || self.grants.iter().any(Grant::is_grave);
        let raised = || if gives() { DriftAlarm::Access } else { DriftAlarm::Files };
        (self.expected.is_none() && self.class == Class::System).then(raised)
    }

    /// Its path, where it is a file.
    pub const fn path(&self) -> Option<&EntryPath> {
        match &self.place {
            DriftPlace::File { path } => Some(path),
            DriftPlace::Machine { .. } => None,
        }
    }
}

/// What of a report somebody has to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alarming<'a> {
    /// How many things of the system drift that should not.
    pub count: usize,
    /// One of them.
    pub example: &'a Finding,
    /// The packages that some of them belong to.
    pub packages: BTreeSet<&'a str>,
}

impl CheckReport {
    /// What drifts and is not in order.
    pub fn unexpected(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.expected.is_none())
    }

    /// The findings that raise an alarm.
    pub fn alarming(&self, alarm: DriftAlarm) -> Option<Alarming<'_>> {
        let all = || self.findings.iter().filter(|finding| finding.alarm() == Some(alarm));
        Some(Alarming {
            count: all().count(),
            example: all().next()?,
            packages: all().filter_map(|finding| finding.package.as_deref()).collect(),
        })
    }

    /// What is not in order, by class, and by package within it.
    pub fn grouped(&self) -> BTreeMap<Class, BTreeMap<Option<&str>, Vec<&Finding>>> {
        let mut groups: BTreeMap<Class, BTreeMap<Option<&str>, Vec<&Finding>>> = BTreeMap::new();
        for finding in self.unexpected() {
            let packages = groups.entry(finding.class).or_default();
            packages.entry(finding.package.as_deref()).or_default().push(finding);
        }
        groups
    }

    /// The paths that a recovery has to put back. What is mounted over the system is no file of it.
    pub fn to_repair(&self) -> BTreeSet<&EntryPath> {
        let is_file = |finding: &&Finding| {
            finding.class == Class::System && finding.differences != [Difference::MountedOver]
        };
        let paths = self.unexpected().filter(is_file).filter_map(Finding::path);
        let mut paths: BTreeSet<&EntryPath> = paths.collect();
        if !paths.is_empty() {
            paths.extend(&self.names);
        }
        paths
    }
}
