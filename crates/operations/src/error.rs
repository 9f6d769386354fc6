//! How an operation does not come to its end: refused before anything changed, or failed.

use std::fmt;

use zshield_alarm::alarm::AlarmId;
use zshield_golden::EntryPath;
use zshield_host::lock::Busy;
use zshield_messages::{explained, list, say};
use zshield_plan::check::Violation;
use zshield_plan::choice::{Considered, PassedOver};
use zshield_plan::model::Target;
use zshield_plan::policy::PolicyError;
use zshield_plan::recover::Unavailable;
use zshield_plan::role::Role;
use zshield_plan::{backup, install};

use crate::question::Question;
use crate::text;

/// How an operation does not come to its end.
#[derive(Debug)]
pub enum Error {
    /// It was refused; nothing was changed.
    Refused(Refusal),
    /// It failed. The message says in which state the machine is.
    Failed(anyhow::Error),
}

/// The result of an operation's door.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl<E: Into<anyhow::Error>> From<E> for Error {
    fn from(error: E) -> Self {
        error.into().downcast().map_or_else(Self::Failed, Self::Refused)
    }
}

impl Error {
    /// The same for a caller who does not tell the two apart.
    pub fn into_anyhow(self) -> anyhow::Error {
        match self {
            Self::Refused(refusal) => refusal.into(),
            Self::Failed(error) => error,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(refusal) => refusal.fmt(f),
            Self::Failed(error) => f.write_str(&text::chain(error)),
        }
    }
}

/// Why an operation was refused.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The caller is not root.
    #[error("{}", say::backup::needs_root())]
    NeedsRoot,
    /// Another operation is under way.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// A policy has a mistake.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// The policy of this machine has a mistake.
    #[error("{}", text::joined(say::backup::no_policy(), .0.to_string()))]
    MachinePolicy(PolicyError),
    /// There is neither a policy nor anything else that names the machine's volume group.
    #[error("{0}")]
    NoGroup(String),
    /// The plan breaks the rules: a defect in this program.
    #[error("{}", violates(.0))]
    Violations(Vec<Violation>),
    /// The caller did not agree.
    #[error("{}", .0.declined())]
    Declined(Question),
    /// No installation is possible on this machine.
    #[error("{}", install_text(.0))]
    Install(install::Refusal),
    /// The data of the appliance can't be kept.
    #[error(transparent)]
    NoRebuild(#[from] install::NoRebuild),
    /// No backup is possible.
    #[error(transparent)]
    Backup(#[from] backup::Refusal),
    /// The machine can't be taken back to this target.
    #[error("{}", not_recovered(*.0, *.1))]
    Recover(Target, Unavailable),
    /// Single files are put back in a running system alone.
    #[error("{}", say::live::only_live())]
    OnlyLive,
    /// The filesystem has no room for what would be written.
    #[error("{}", say::live::no_room())]
    NoRoom,
    /// A path that no system can have.
    #[error("{0}")]
    Path(String),
    /// The last check did not find this path to differ.
    #[error("{}", say::check::not_drifting(.0.to_string()))]
    NotDrifting(EntryPath),
    /// The last check found nothing that could be accepted.
    #[error("{}", say::check::nothing_to_accept())]
    NothingToAccept,
    /// An acknowledgement without a reason.
    #[error("{}", say::alarm::no_reason())]
    NoReason,
    /// No alarm with this id is open.
    #[error("{}", unknown_alarm(.id, .open))]
    UnknownAlarm {
        /// The id.
        id: AlarmId,
        /// The ids of the alarms that are open.
        open: Vec<AlarmId>,
    },
    /// The policy has no sink for alarms.
    #[error("{}", say::alarm::no_sinks())]
    NoSinks,
    /// The policy has no sink of this name.
    #[error("{}", unknown_sink(.name, .sinks))]
    UnknownSink {
        /// The name.
        name: String,
        /// The names of the sinks that the policy has.
        sinks: Vec<String>,
    },
    /// A unit that the vendor made a part of a healthy system failed.
    #[error("{}", say::boot::target_missed())]
    TargetMissed,
    /// The caller refuses, for a reason of its own.
    #[error("{0}")]
    Caller(String),
    /// The image can't be written to this disk.
    #[error("{0}")]
    Write(String),
}

fn violates(violations: &[Violation]) -> String {
    say::plan::plan_violates(list(violations))
}

fn not_recovered(target: Target, why: Unavailable) -> String {
    say::recover::Refused { target: target.to_string(), why: why.to_string() }.to_string()
}

fn unknown_alarm(id: &str, open: &[AlarmId]) -> String {
    say::alarm::UnknownId { id, open: open.join(", ") }.to_string()
}

fn unknown_sink(name: &str, sinks: &[String]) -> String {
    say::alarm::UnknownSink { name, names: sinks.join(", ") }.to_string()
}

/// A refusal of an installation, with every disk and why it was passed over.
fn install_text(refusal: &install::Refusal) -> String {
    let install::Refusal::Disks(_, considered) = refusal else { return refusal.to_string() };
    let reasons = |passed: &[PassedOver]| {
        if passed.is_empty() { say::install::fits() } else { list(passed) }
    };
    let row = |disk: &Considered| {
        format!(
            "  {}  {}  {}  {}\n    {}\n    {}",
            disk.name.device(),
            disk.identity.model,
            disk.identity.serial,
            disk.identity.size,
            explained(Role::Ssd, reasons(&disk.passed.ssd)),
            explained(Role::Hdd, reasons(&disk.passed.hdd)),
        )
    };
    let rows = considered.iter().map(row);
    std::iter::once(refusal.to_string()).chain(rows).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;

    use super::*;

    #[test]
    fn a_refusal_stays_one_whatever_it_comes_through() {
        let through_anyhow = || -> anyhow::Result<()> { Err(Refusal::NoReason.into()) };
        let door = || -> Result<()> { Ok(through_anyhow()?) };
        assert!(matches!(door(), Err(Error::Refused(Refusal::NoReason))));
        assert!(matches!(Error::from(anyhow!("full")), Error::Failed(_)));
    }

    #[test]
    fn a_mistake_in_the_policy_of_the_machine_says_whose_policy_it_is() {
        let file = std::path::Path::new("/etc/zshield/appliance.toml");
        let mistake = || zshield_plan::policy::Policy::parse("x = 1", file).unwrap_err();
        let (plain, of_machine) = (Refusal::Policy(mistake()), Refusal::MachinePolicy(mistake()));
        assert!(of_machine.to_string().ends_with(&plain.to_string()));
        assert!(of_machine.to_string().starts_with(&say::backup::no_policy()));
    }
}
