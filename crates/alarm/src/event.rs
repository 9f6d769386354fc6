//! What is told: that an alarm came up, changed, goes on, was acknowledged, or has gone.

use serde::{Deserialize, Serialize};
use zshield_plan::health::Condition;
use zshield_units::UnixTime;

/// The number of an event; later ones have larger numbers.
pub type Number = u64;

/// Something that is told once to each sink.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Its number.
    pub number: Number,
    /// When it came about, in seconds since 1970, UTC.
    pub at: UnixTime,
    /// What came about.
    pub what: What,
    /// Since when its alarm has been there.
    pub since: UnixTime,
    /// What it is about, as it was then.
    pub condition: Condition,
}

/// What came about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    /// The alarm came up.
    Opened,
    /// It says something new.
    Changed,
    /// A day has passed, and it is still there.
    Reminder,
    /// Somebody has acknowledged it.
    Acknowledged {
        /// Who.
        who: String,
        /// What he says.
        reason: String,
    },
    /// It has gone.
    Cleared,
}
