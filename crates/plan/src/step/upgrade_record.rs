//! What is noted of an upgrade.

use serde::{Deserialize, Serialize};
use zshield_messages::say::step as say;

use super::kind::{Persistence, RetryPolicy, StepKind};
use crate::action::Action;
use crate::model::Binding;
use crate::upgrade::record::Record;

/// Notes that an upgrade begins to be applied. From then on no backup is made: the latest one is its way back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoteUpgrade {
    /// GRUB's directory.
    pub at: String,
    /// What is noted.
    pub record: Record,
}

impl StepKind for NoteUpgrade {
    const RETRY: RetryPolicy = RetryPolicy::Repeat;
    const PERSISTENCE: Persistence = Persistence::Durable;

    fn actions(&self, _binding: &Binding) -> Vec<Action> {
        vec![Action::Effect(format!("note in {} that an upgrade begins", self.at))]
    }

    fn title(&self) -> String {
        say::note_upgrade()
    }
}

/// Notes that all of a new version is there, and has GRUB count its starts: in one write of the environment the
/// recovery is taken back, for which it was armed, and the trial begins. After a cut before that write the
/// backup is copied back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BeginTrial {
    /// GRUB's directory.
    pub at: String,
    /// What is noted.
    pub record: Record,
}

impl StepKind for BeginTrial {
    const RETRY: RetryPolicy = RetryPolicy::Repeat;
    const PERSISTENCE: Persistence = Persistence::Durable;

    fn actions(&self, _binding: &Binding) -> Vec<Action> {
        let at = &self.at;
        vec![
            Action::Effect(format!("note in {at} that the new version is on trial")),
            Action::Effect(format!(
                "write zshield_trial=1 to {at}/grubenv, without zshield_recover"
            )),
        ]
    }

    fn title(&self) -> String {
        say::begin_trial()
    }
}
