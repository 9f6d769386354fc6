//! `/boot`, put back.

use serde::{Deserialize, Serialize};
use zshield_messages::say::step as say;

use super::kind::{Persistence, RetryPolicy, StepKind};
use crate::action::Action;
use crate::model::Binding;

/// Puts a boot set back in place of what `/boot` holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestoreBoot {
    /// The directory of the set.
    pub from: String,
    /// Where `/boot` is mounted.
    pub to: String,
}

impl StepKind for RestoreBoot {
    const RETRY: RetryPolicy = RetryPolicy::Repeat;
    const PERSISTENCE: Persistence = Persistence::Durable;

    fn actions(&self, _binding: &Binding) -> Vec<Action> {
        let Self { from, to } = self;
        vec![Action::Effect(format!("check {from} and put it back in place of what {to} holds"))]
    }

    fn title(&self) -> String {
        say::restore_boot()
    }
}
