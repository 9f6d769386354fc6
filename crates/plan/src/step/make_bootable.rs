//! The last step of an installation.

use serde::{Deserialize, Serialize};
use zshield_messages::say::step as say;

use super::kind::{Persistence, RetryPolicy, StepKind};
use crate::action::Action;
use crate::model::{Binding, Device};
use crate::role::Role;

/// Makes a disk bootable: the last step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MakeBootable {
    /// The disk.
    pub disk: Role,
}

impl StepKind for MakeBootable {
    const RETRY: RetryPolicy = RetryPolicy::Repeat;
    const PERSISTENCE: Persistence = Persistence::Durable;

    fn actions(&self, binding: &Binding) -> Vec<Action> {
        let esp = binding.path(&Device::Partition(self.disk, 2));
        let disk = binding.disks.of(self.disk).device();
        vec![
            Action::Effect(format!("write the first sector of {esp}")),
            Action::Effect(format!("write GRUB's boot code to {disk}")),
        ]
    }

    fn title(&self) -> String {
        say::make_bootable(self.disk.to_string())
    }
}
