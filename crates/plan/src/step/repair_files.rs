//! Files of a system, made those of a snapshot.

use serde::{Deserialize, Serialize};
use zshield_messages::say::step as say;

use super::kind::{Persistence, RetryPolicy, StepKind};
use crate::action::Action;
use crate::model::{Binding, Files};

fn extent(files: &Files) -> String {
    if files.only.is_empty() { "every file".to_owned() } else { files.only.join(", ") }
}

/// Makes files of a system those of a snapshot, each replaced as a whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepairFiles {
    /// Where the snapshot is mounted.
    pub from: String,
    /// Where the system is.
    pub to: String,
    /// Which.
    pub files: Files,
}

impl StepKind for RepairFiles {
    const RETRY: RetryPolicy = RetryPolicy::Repeat;
    const PERSISTENCE: Persistence = Persistence::Durable;

    fn actions(&self, _binding: &Binding) -> Vec<Action> {
        let Self { from, to, files } = self;
        vec![
            Action::Effect(format!("make {} of {to} what it is in {from}", extent(files))),
            Action::Effect(format!("  kept as it is: {}", files.kept.join(", "))),
        ]
    }

    fn title(&self) -> String {
        say::put_right()
    }
}

/// Checks that nothing differs any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerifyFiles {
    /// Where the snapshot is mounted.
    pub from: String,
    /// Where the system is.
    pub to: String,
    /// Which files.
    pub files: Files,
}

impl StepKind for VerifyFiles {
    const RETRY: RetryPolicy = RetryPolicy::Repeat;
    const PERSISTENCE: Persistence = Persistence::Durable;

    fn actions(&self, _binding: &Binding) -> Vec<Action> {
        let Self { from, to, files } = self;
        let extent = extent(files);
        vec![Action::Effect(format!("compare {extent} of {to} with {from}: nothing may differ"))]
    }

    fn title(&self) -> String {
        say::prove_right()
    }
}
