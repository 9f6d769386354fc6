//! GRUB on the SSD, not yet bootable.

use serde::{Deserialize, Serialize};
use zshield_messages::say::step as say;

use super::kind::{Persistence, RetryPolicy, StepKind};
use crate::action::Action;
use crate::model::{Binding, Device};
use crate::role::Role;

/// Writes GRUB's core, and the EFI system partition all but its first sector.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WriteBootLoader {
    /// The disk.
    pub disk: Role,
}

impl StepKind for WriteBootLoader {
    const RETRY: RetryPolicy = RetryPolicy::Repeat;
    const PERSISTENCE: Persistence = Persistence::Durable;

    fn actions(&self, binding: &Binding) -> Vec<Action> {
        let partition = |number| binding.path(&Device::Partition(self.disk, number));
        let (core, esp) = (partition(1), partition(2));
        vec![
            Action::Effect(format!("write GRUB's core to {core}")),
            Action::Effect(format!(
                "write the EFI system partition to {esp}, all but its first sector"
            )),
        ]
    }

    fn title(&self) -> String {
        say::write_boot_loader()
    }
}
