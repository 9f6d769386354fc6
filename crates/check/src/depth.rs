//! How closely a check looks.

use serde::{Deserialize, Serialize};

/// How closely is looked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Depth {
    /// What was written since a point known to be good is hashed; of the rest, what its inode says
    /// is compared.
    Quick,
    /// Everything is hashed.
    Deep,
}
