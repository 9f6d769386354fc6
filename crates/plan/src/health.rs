//! What is not as it should be: conditions, worked out from facts. Status, daemon and whatever
//! tells people share them.

use std::fmt;

use serde::{Deserialize, Serialize};
use zshield_messages::say;

use crate::recover::Target;
use crate::role::Role;

/// Something that a person should know of. It stays equal to itself for as long as nothing new is
/// to be said, but for what grows with the days.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "condition", rename_all = "kebab-case")]
pub enum Condition {
    /// A disk is not there.
    DiskMissing {
        /// Its role.
        role: Role,
    },
    /// A disk does not answer.
    DiskStalled {
        /// Its role.
        role: Role,
    },
    /// The volumes can't be looked at, though both disks are there and answer.
    Unseen {
        /// Why.
        why: String,
    },
    /// There is no snapshot to go back to.
    NoWayBack {
        /// Where it would lead.
        target: Target,
    },
    /// The snapshots could not follow what was written.
    Stale,
    /// The last backup is older than it should be.
    BackupOverdue {
        /// It is so many days old.
        days: u64,
    },
    /// The last operation failed.
    Failed {
        /// Which.
        operation: String,
        /// Why.
        why: String,
    },
    /// Starts in a row that did not come to a healthy system.
    FailedStarts {
        /// How many.
        count: u32,
    },
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&match self {
            Self::DiskMissing { role } => say::health::disk_missing(role.to_string()),
            Self::DiskStalled { role } => say::health::disk_stalled(role.to_string()),
            Self::Unseen { why } => say::health::unseen(why),
            Self::NoWayBack { target } => say::health::no_way_back(target.to_string()),
            Self::Stale => say::health::stale(),
            Self::BackupOverdue { days } => say::health::backup_overdue(*days),
            Self::Failed { operation, why } => say::health::failed(operation, why),
            Self::FailedStarts { count } => say::health::failed_starts(*count),
        })
    }
}

/// What conditions are worked out from.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// The disks that are not there.
    pub missing: Vec<Role>,
    /// Whether the HDD does not answer.
    pub stalled: bool,
    /// Why the volumes could not be looked at; nothing where they were.
    pub unseen: Option<String>,
    /// The ways back that are there; nothing where they could not be looked at.
    pub ways: Option<Vec<Target>>,
    /// Whether the snapshots could not follow.
    pub stale: bool,
    /// Whether a backup is made every night.
    pub nightly: bool,
    /// Seconds since the last backup, or since the start where there is none.
    pub backup_age: Option<u64>,
    /// The last operation, where it failed, and why.
    pub failure: Option<(String, String)>,
    /// Starts in a row that did not come to a healthy system.
    pub tries: u32,
}

/// A backup may be so much older than a day before somebody hears of it: the random delay, a clock
/// change, a retry.
const OVERDUE: u64 = 30 * 3600;
/// The start that is under way counts as one until it is complete.
const USUAL_TRIES: u32 = 1;

/// What is not as it should be, the gravest first.
pub fn conditions(facts: &Facts) -> Vec<Condition> {
    let mut found: Vec<Condition> =
        facts.missing.iter().map(|role| Condition::DiskMissing { role: *role }).collect();
    if facts.stalled {
        found.push(Condition::DiskStalled { role: Role::Hdd });
    }
    if let Some(why) = facts.unseen.as_ref().filter(|_| found.is_empty()) {
        found.push(Condition::Unseen { why: why.clone() });
    }
    if facts.stale {
        found.push(Condition::Stale);
    }
    if let Some(ways) = &facts.ways
        && !ways.contains(&Target::Factory)
    {
        found.push(Condition::NoWayBack { target: Target::Factory });
    }
    if let Some(age) = facts.backup_age.filter(|age| facts.nightly && *age > OVERDUE) {
        found.push(Condition::BackupOverdue { days: age / (24 * 3600) });
    }
    if let Some((operation, why)) = &facts.failure {
        found.push(Condition::Failed { operation: operation.clone(), why: why.clone() });
    }
    if facts.tries > USUAL_TRIES {
        found.push(Condition::FailedStarts { count: facts.tries });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_healthy_appliance_has_none() {
        let facts = Facts {
            ways: Some(vec![Target::Factory, Target::Latest]),
            nightly: true,
            backup_age: Some(25 * 3600),
            tries: 1,
            ..Facts::default()
        };
        assert_eq!(conditions(&facts), []);
    }

    #[test]
    fn each_fact_has_its_condition() {
        let facts = Facts {
            missing: vec![Role::Hdd],
            stalled: true,
            unseen: None,
            ways: Some(Vec::new()),
            stale: true,
            nightly: true,
            backup_age: Some(50 * 3600),
            failure: Some(("backup".into(), "why".into())),
            tries: 2,
        };
        let found = conditions(&facts);
        assert_eq!(found.len(), 7);
        assert!(found.iter().all(|condition| !condition.to_string().is_empty()));
        let unknown = Facts { nightly: false, ways: None, ..facts };
        assert_eq!(conditions(&unknown).len(), 5);
    }

    #[test]
    fn what_can_t_be_seen_is_told_unless_its_cause_is() {
        let facts = Facts { unseen: Some("why".into()), ..Facts::default() };
        assert!(matches!(conditions(&facts)[..], [Condition::Unseen { .. }]));
        let stalled = Facts { stalled: true, ..facts };
        assert!(matches!(conditions(&stalled)[..], [Condition::DiskStalled { .. }]));
    }
}
