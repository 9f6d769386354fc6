//! The files of a new version: staged beside the system, put into their places, and proved.

use serde::{Deserialize, Serialize};
use zshield_messages::say::step as say;
use zshield_units::Bytes;

use super::kind::{Persistence, RetryPolicy, StepKind};
use crate::action::Action;
use crate::model::Binding;

/// Makes all that the new version brings in a directory of root that no system looks into, each content
/// proved as it comes. The system is as it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageUpgrade {
    /// The directory.
    pub at: String,
    /// How many things are made anew or get other attributes.
    pub entries: usize,
    /// What is written.
    pub bytes: Bytes,
}

impl StepKind for StageUpgrade {
    /// What an earlier run has left there is gone on with.
    const RETRY: RetryPolicy = RetryPolicy::Repeat;
    const PERSISTENCE: Persistence = Persistence::Durable;

    fn actions(&self, _binding: &Binding) -> Vec<Action> {
        let Self { at, entries, bytes } = self;
        vec![Action::Effect(format!("make {entries} files of the new version in {at}: {bytes}"))]
    }

    fn title(&self) -> String {
        say::stage_upgrade()
    }
}

/// Moves what is staged into its places, each thing as a whole, and removes what the new version has no more.
/// It can be cut off anywhere and done again: what is in its place already is known by its inode.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PutUpgrade {
    /// The directory that it was staged in.
    pub from: String,
    /// Where the system is.
    pub to: String,
    /// How many paths change.
    pub changes: usize,
}

impl StepKind for PutUpgrade {
    const RETRY: RetryPolicy = RetryPolicy::Repeat;
    const PERSISTENCE: Persistence = Persistence::Durable;

    fn actions(&self, _binding: &Binding) -> Vec<Action> {
        let Self { from, to, changes } = self;
        vec![Action::Effect(format!("change {changes} paths of {to}, by renaming from {from}"))]
    }

    fn title(&self) -> String {
        say::put_upgrade()
    }
}

/// Checks that each path that was changed is what it was to become.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProveUpgrade {
    /// Where the system is.
    pub root: String,
}

impl StepKind for ProveUpgrade {
    const RETRY: RetryPolicy = RetryPolicy::Repeat;
    const PERSISTENCE: Persistence = Persistence::Durable;

    fn actions(&self, _binding: &Binding) -> Vec<Action> {
        vec![Action::Effect(format!(
            "compare what was changed in {} with the new version",
            self.root
        ))]
    }

    fn title(&self) -> String {
        say::prove_upgrade()
    }
}
