//! The two roles that a disk can have.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a disk is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The one that the system starts from.
    Ssd,
    /// The one that holds snapshots, data and logs.
    Hdd,
}

impl Role {
    /// Both of them.
    pub const ALL: [Self; 2] = [Self::Ssd, Self::Hdd];
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ssd => "SSD",
            Self::Hdd => "HDD",
        })
    }
}

/// Something for each role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ByRole<T> {
    /// The SSD's.
    pub ssd: T,
    /// The HDD's.
    pub hdd: T,
}

impl<T> ByRole<T> {
    /// That of one role.
    pub fn of(&self, role: Role) -> &T {
        match role {
            Role::Ssd => &self.ssd,
            Role::Hdd => &self.hdd,
        }
    }
}
