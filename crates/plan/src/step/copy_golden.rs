//! The slot, copied.

use serde::{Deserialize, Serialize};
use zshield_messages::say::step as say;

use super::kind::{Persistence, RetryPolicy, StepKind};
use crate::action::Action;
use crate::model::Binding;

/// Copies the slot which this system was started from, and reads it back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CopyGolden {
    /// The directory of the new slot, on the mounted Golden partition.
    pub to: String,
}

impl StepKind for CopyGolden {
    const RETRY: RetryPolicy = RetryPolicy::Repeat;
    const PERSISTENCE: Persistence = Persistence::Durable;

    fn actions(&self, _binding: &Binding) -> Vec<Action> {
        vec![Action::Effect(format!("copy the slot to {}, and read it back", self.to))]
    }

    fn title(&self) -> String {
        say::copy_golden()
    }
}
