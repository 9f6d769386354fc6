//! The word that makes GRUB go on with a recovery.

use serde::{Deserialize, Serialize};
use zshield_messages::say::step as say;

use super::kind::{Persistence, RetryPolicy, StepKind};
use crate::action::Action;
use crate::model::{Binding, Target};

/// Makes GRUB go on with this recovery at every start, until it is disarmed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arm {
    /// GRUB's directory.
    pub at: String,
    /// The recovery.
    pub target: Target,
}

impl StepKind for Arm {
    const RETRY: RetryPolicy = RetryPolicy::Repeat;
    const PERSISTENCE: Persistence = Persistence::Durable;

    fn actions(&self, _binding: &Binding) -> Vec<Action> {
        let (target, at) = (self.target.word(), &self.at);
        vec![Action::Effect(format!("write zshield_recover={target} to {at}/grubenv"))]
    }

    fn title(&self) -> String {
        say::arm()
    }
}

/// Ends that.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disarm {
    /// GRUB's directory.
    pub at: String,
}

impl StepKind for Disarm {
    const RETRY: RetryPolicy = RetryPolicy::Repeat;
    const PERSISTENCE: Persistence = Persistence::Durable;

    fn actions(&self, _binding: &Binding) -> Vec<Action> {
        vec![Action::Effect(format!("clear zshield_recover in {}/grubenv", self.at))]
    }

    fn title(&self) -> String {
        say::disarm()
    }
}
