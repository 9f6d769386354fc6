//! What GRUB starts the system with.

use serde::{Deserialize, Serialize};
use zshield_messages::say::step as say;

use super::kind::{Persistence, RetryPolicy, StepKind};
use crate::action::Action;
use crate::model::Binding;

/// Copies the slot's files that GRUB starts the system with: its font, and the initramfs that
/// goes before the payload's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CopyBootFiles {
    /// GRUB's directory.
    pub to: String,
}

impl StepKind for CopyBootFiles {
    const RETRY: RetryPolicy = RetryPolicy::Repeat;
    const PERSISTENCE: Persistence = Persistence::Durable;

    fn actions(&self, _binding: &Binding) -> Vec<Action> {
        vec![Action::Effect(format!("copy menu.pf2 and early.img to {}", self.to))]
    }

    fn title(&self) -> String {
        say::copy_boot_files()
    }
}
