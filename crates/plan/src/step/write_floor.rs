//! The floor on the Golden partition.

use serde::{Deserialize, Serialize};
use zshield_messages::say::step as say;

use super::kind::{Persistence, RetryPolicy, StepKind};
use crate::action::Action;
use crate::model::Binding;
use crate::upgrade::floor::Floor;

/// Raises the floor that is kept on the Golden partition. It is never lowered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WriteFloor {
    /// Where the Golden partition is mounted.
    pub at: String,
    /// The floor.
    pub floor: Floor,
}

impl StepKind for WriteFloor {
    const RETRY: RetryPolicy = RetryPolicy::Repeat;
    const PERSISTENCE: Persistence = Persistence::Durable;

    fn actions(&self, _binding: &Binding) -> Vec<Action> {
        vec![Action::Effect(format!("raise the floor in {}", self.at))]
    }

    fn title(&self) -> String {
        say::write_floor()
    }
}
