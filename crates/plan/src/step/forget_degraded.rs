//! The note that root was written without its snapshots, taken away.

use serde::{Deserialize, Serialize};
use zshield_messages::say::step as say;

use super::kind::{Persistence, RetryPolicy, StepKind};
use crate::action::Action;
use crate::command::Command;
use crate::model::Binding;

/// Takes away the note that root was written without its snapshots: none of those is left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForgetDegraded {
    /// GRUB's directory.
    pub at: String,
}

impl StepKind for ForgetDegraded {
    const RETRY: RetryPolicy = RetryPolicy::Repeat;
    const PERSISTENCE: Persistence = Persistence::Durable;

    fn actions(&self, _binding: &Binding) -> Vec<Action> {
        vec![Action::Call(Command::new("rm", &["-f", &format!("{}/degraded", self.at)]))]
    }

    fn title(&self) -> String {
        say::forget_degraded()
    }
}
