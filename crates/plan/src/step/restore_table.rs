//! A partition table of which a copy is damaged.

use serde::{Deserialize, Serialize};
use zshield_messages::say::step as say;

use super::kind::{Persistence, RetryPolicy, StepKind};
use crate::action::Action;
use crate::model::Binding;
use crate::role::Role;

/// Writes the damaged copy of a partition table, and the protective MBR, by the copy that is sound. That one is not written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestoreTable {
    /// Whose.
    pub disk: Role,
}

impl StepKind for RestoreTable {
    const RETRY: RetryPolicy = RetryPolicy::Repeat;
    const PERSISTENCE: Persistence = Persistence::Durable;

    fn actions(&self, binding: &Binding) -> Vec<Action> {
        let disk = binding.disks.of(self.disk).device();
        vec![Action::Effect(format!(
            "write the damaged copy of the GPT on {disk}, and the protective MBR, by the copy that is sound"
        ))]
    }

    fn title(&self) -> String {
        say::restore_table(self.disk.to_string())
    }
}
