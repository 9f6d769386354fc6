//! Hardware that tools are asked about.

use std::fmt;

use serde::{Deserialize, Serialize};
use zshield_messages::say;

/// Hardware that is asked by the tools of its makers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Hardware {
    /// All disks.
    Disks,
    /// The RAID cards.
    Raid,
}

impl Hardware {
    /// Its name in the ids of alarms.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Disks => "disks",
            Self::Raid => "raid",
        }
    }
}

impl fmt::Display for Hardware {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&match self {
            Self::Disks => say::health::hardware_disks(),
            Self::Raid => say::health::hardware_raid(),
        })
    }
}
