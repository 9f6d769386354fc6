//! The group's volumes, made to appear.

use serde::{Deserialize, Serialize};
use zshield_messages::say::step as say;

use super::kind::{Persistence, RetryPolicy, StepKind};
use crate::action::Action;
use crate::command::Command;
use crate::model::Binding;
use crate::policy::GroupName;

/// Makes the group's volumes appear.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActivateVolumes {
    /// Whose.
    pub group: GroupName,
}

impl StepKind for ActivateVolumes {
    const RETRY: RetryPolicy = RetryPolicy::Repeat;
    const PERSISTENCE: Persistence = Persistence::Session;

    fn actions(&self, binding: &Binding) -> Vec<Action> {
        vec![Action::Run(Command::lvm(
            &["vgchange", "--activate", "y", self.group.as_str()],
            binding,
        ))]
    }

    fn title(&self) -> String {
        say::activate_volumes()
    }
}
