//! The note that an operation has succeeded.

use serde::{Deserialize, Serialize};
use zshield_messages::say::step as say;

use super::kind::{Persistence, RetryPolicy, StepKind};
use zshield_units::UnixTime;

use crate::action::Action;
use crate::model::Binding;

/// Notes beside the ledger that the operation has succeeded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoteOutcome {
    /// GRUB's directory.
    pub at: String,
    /// The operation's name.
    pub operation: String,
    /// When it began, in seconds since 1970, UTC.
    pub began: UnixTime,
}

impl StepKind for NoteOutcome {
    const RETRY: RetryPolicy = RetryPolicy::Repeat;
    const PERSISTENCE: Persistence = Persistence::Durable;

    fn actions(&self, _binding: &Binding) -> Vec<Action> {
        let Self { at, operation, .. } = self;
        vec![Action::Effect(format!("note in {at} that «{operation}» has succeeded"))]
    }

    fn title(&self) -> String {
        say::note_outcome()
    }
}
