//! An alarm: a condition with its history.

use serde::{Deserialize, Serialize};
use zshield_plan::health::{Condition, Severity};
use zshield_units::UnixTime;

/// What an alarm is known by, the same each time it comes up.
pub type AlarmId = String;

/// A condition with its history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alarm {
    /// What it is about, as it was seen last. It has words of its own, `count` and `state` among
    /// them: flattened in here they would hide those below.
    pub condition: Condition,
    /// Since when, in seconds since 1970, UTC.
    pub since: UnixTime,
    /// When it was last seen, to the hour.
    pub last_seen: UnixTime,
    /// How often it has come up.
    pub count: u32,
    /// Whether anybody has to do anything about it.
    pub state: AlarmState,
    /// When somebody was told of it last.
    pub told: UnixTime,
    /// When it was last away, for one that comes and goes: it is not told as gone before it has
    /// stayed away for a while.
    #[serde(default)]
    pub away: Option<UnixTime>,
}

/// Whether anybody has to do anything about an alarm.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum AlarmState {
    /// Somebody has.
    Open,
    /// Somebody knows of it.
    Acknowledged(Acknowledgement),
    /// It has gone.
    Cleared {
        /// When.
        at: UnixTime,
    },
}

/// Who knows of an alarm, and what he says of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acknowledgement {
    /// When he said so.
    pub at: UnixTime,
    /// His name.
    pub who: String,
    /// What he says.
    pub reason: String,
}

impl Alarm {
    /// What it is known by.
    pub fn id(&self) -> AlarmId {
        self.condition.id()
    }

    /// How grave it is.
    pub fn severity(&self) -> Severity {
        self.condition.severity()
    }

    /// Whether its condition holds, acknowledged or not.
    pub const fn is_there(&self) -> bool {
        matches!(self.state, AlarmState::Open | AlarmState::Acknowledged(_))
    }

    /// Whether nobody has acknowledged it.
    pub const fn is_open(&self) -> bool {
        matches!(self.state, AlarmState::Open)
    }
}
