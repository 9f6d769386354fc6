//! The recovery that follows an installation by itself.

use serde::{Deserialize, Serialize};
use zshield_messages::say::step as say;

use super::kind::{Persistence, RetryPolicy, StepKind};
use crate::action::Action;
use crate::model::{Binding, RestoreScope};

/// Has the first start of a system that is made anew go on with a recovery: notes of which files, and gives GRUB the word.
/// Nothing of that counts before the SSD is bootable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderRecovery {
    /// GRUB's directory.
    pub at: String,
    /// The recovery, and its files.
    pub scope: RestoreScope,
}

impl StepKind for OrderRecovery {
    const RETRY: RetryPolicy = RetryPolicy::Repeat;
    const PERSISTENCE: Persistence = Persistence::Durable;

    fn actions(&self, _: &Binding) -> Vec<Action> {
        let Self { at, scope } = self;
        let (word, kept) = (scope.target.word(), scope.files.kept.join(", "));
        vec![
            Action::Effect(format!(
                "note in {at} that the recovery leaves these as they are: {kept}"
            )),
            Action::Effect(format!("write zshield_recover={word} to {at}/grubenv")),
        ]
    }

    fn title(&self) -> String {
        say::order_recovery()
    }
}
