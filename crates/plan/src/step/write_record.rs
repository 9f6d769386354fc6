//! The record of an installation.

use serde::{Deserialize, Serialize};
use zshield_messages::say::step as say;

use super::kind::{Persistence, RetryPolicy, StepKind};
use crate::action::Action;
use crate::model::Binding;

/// Leaves the record and the log on the audit volume, and on the stick where it has room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WriteRecord {
    /// Where the audit volume is mounted.
    pub at: String,
}

impl StepKind for WriteRecord {
    const RETRY: RetryPolicy = RetryPolicy::Repeat;
    const PERSISTENCE: Persistence = Persistence::Durable;

    fn actions(&self, _binding: &Binding) -> Vec<Action> {
        let at = &self.at;
        vec![Action::Effect(format!(
            "write the log and the record to {at}/zshield and to the stick"
        ))]
    }

    fn title(&self) -> String {
        say::write_record()
    }
}
