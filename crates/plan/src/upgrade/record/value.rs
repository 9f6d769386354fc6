//! What a record is made of.

use std::fmt;

use serde::{Deserialize, Serialize};
use zshield_messages::say;
use zshield_units::{UnixTime, Version};

use crate::upgrade::floor::Floor;
use crate::upgrade::keys::Statement;
use crate::upgrade::reason::Reason;

/// A bundle, by the digest of its head.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Bundle(pub String);

/// A system that an upgrade leads from or to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct System {
    /// Its version, for people.
    pub version: String,
    /// The digest of its manifest, by which the ledger names it.
    pub image: String,
}

/// What becomes of the factory state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Golden {
    /// It stays what shipped.
    Stays,
    /// It is the new version once that is confirmed.
    MovesAlong,
}

/// How far an upgrade has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "phase")]
pub enum Phase {
    /// It is written to root and `/boot`.
    Applying,
    /// All of it is there; whether it is healthy is open.
    Trial,
    /// It is left; the backup is copied back.
    GoingBack {
        /// Why.
        why: Reason,
    },
    /// It is healthy, and backup and Golden Image follow.
    Settling,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&match self {
            Self::Applying => say::upgrade::phase_applying(),
            Self::Trial => say::upgrade::phase_trial(),
            Self::GoingBack { .. } => say::upgrade::phase_going_back(),
            Self::Settling => say::upgrade::phase_settling(),
        })
    }
}

/// An upgrade that is under way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Upgrade {
    /// Its bundle.
    pub bundle: Bundle,
    /// What the appliance ran.
    pub from: System,
    /// What it is to run.
    pub to: System,
    /// What becomes of the factory state.
    pub golden: Golden,
    /// The floor that its bundle names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub floor: Option<Version>,
    /// What its bundle says of keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keys: Option<Statement>,
    /// When it began, in seconds since 1970, UTC.
    pub began: UnixTime,
    /// How far it has come.
    #[serde(flatten)]
    pub phase: Phase,
    /// Since when it is there.
    pub since: UnixTime,
}

impl Upgrade {
    /// What is too old once it is confirmed.
    pub fn floor_once_confirmed(&self) -> Floor {
        let follows = match self.golden {
            Golden::Stays => false,
            Golden::MovesAlong => true,
        };
        Floor::once_confirmed(&self.to.version, self.floor.as_ref(), follows)
    }
}

/// How an upgrade ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "outcome")]
pub enum Outcome {
    /// The new version is healthy and stays.
    Confirmed,
    /// The appliance is as it was before.
    GoneBack {
        /// Why.
        why: Reason,
        /// Where the evidence of a failed start lies on the audit volume.
        evidence: Option<String>,
    },
}

/// What an ended upgrade was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tried {
    /// Its bundle.
    pub bundle: Bundle,
    /// What the appliance ran.
    pub from: System,
    /// What it was to run.
    pub to: System,
    /// When it began.
    pub began: UnixTime,
}

/// An upgrade that has ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// What it was.
    #[serde(flatten)]
    pub upgrade: Tried,
    /// How it ended.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// When it ended.
    pub ended: UnixTime,
}

impl Ended {
    pub(super) fn of(upgrade: Upgrade, outcome: Outcome, ended: UnixTime) -> Self {
        let Upgrade { bundle, from, to, began, .. } = upgrade;
        Self { upgrade: Tried { bundle, from, to, began }, outcome, ended }
    }

    /// Whether the new version stayed.
    pub const fn is_confirmed(&self) -> bool {
        match self.outcome {
            Outcome::Confirmed => true,
            Outcome::GoneBack { .. } => false,
        }
    }
}
