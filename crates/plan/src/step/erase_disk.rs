//! A disk made empty.

use serde::{Deserialize, Serialize};
use zshield_messages::say::step as say;

use super::kind::{Persistence, RetryPolicy, StepKind};
use crate::action::Action;
use crate::model::Binding;
use crate::role::Role;

/// Makes a disk empty and unbootable: its partition tables and old signatures go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EraseDisk {
    /// Whose.
    pub disk: Role,
}

impl StepKind for EraseDisk {
    const RETRY: RetryPolicy = RetryPolicy::Repeat;
    const PERSISTENCE: Persistence = Persistence::Durable;

    fn actions(&self, binding: &Binding) -> Vec<Action> {
        vec![Action::Effect(format!(
            "zero the first and the last 8 MiB of {}, and where its partitions begin and end",
            binding.disks.of(self.disk).device()
        ))]
    }

    fn title(&self) -> String {
        say::erase_disk(self.disk.to_string())
    }
}
