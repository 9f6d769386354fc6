//! What was said of keys, on the Golden partition.

use serde::{Deserialize, Serialize};
use zshield_messages::say::step as say;

use super::kind::{Persistence, RetryPolicy, StepKind};
use crate::action::Action;
use crate::model::Binding;
use crate::upgrade::keys::Statements;

/// Adds to what is kept on the Golden partition of what was said of keys. Nothing of it is ever removed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WriteKeys {
    /// Where the Golden partition is mounted.
    pub at: String,
    /// What was said.
    pub said: Statements,
}

impl StepKind for WriteKeys {
    const RETRY: RetryPolicy = RetryPolicy::Repeat;
    const PERSISTENCE: Persistence = Persistence::Durable;

    fn actions(&self, _binding: &Binding) -> Vec<Action> {
        vec![Action::Effect(format!("add the signed statements about keys to {}", self.at))]
    }

    fn title(&self) -> String {
        say::write_keys()
    }
}
