//! What a recovery without a restart leaves alone.

use serde::{Deserialize, Serialize};

use super::names::KeptPath;

/// Recoveries.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Recover {
    /// What belongs to the machine and not to the system, beside its identity: a recovery without
    /// a restart keeps it, and all that is below it.
    pub keep: Vec<KeptPath>,
}
