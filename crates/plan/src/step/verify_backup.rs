//! A new backup, verified.

use serde::{Deserialize, Serialize};
use zshield_messages::say::step as say;

use super::kind::{Persistence, RetryPolicy, StepKind};
use crate::action::Action;
use crate::command::Command;
use crate::model::Binding;
use crate::policy::{GroupName, VolumeName};

/// Checks that a new snapshot can be gone back to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerifyBackup {
    /// The group.
    pub group: GroupName,
    /// The snapshot.
    pub snapshot: VolumeName,
    /// The boot set in the mounted snapshot.
    pub set: String,
    /// Where `/boot` is, which must be equal to it.
    pub boot: String,
}

impl StepKind for VerifyBackup {
    const RETRY: RetryPolicy = RetryPolicy::Repeat;
    const PERSISTENCE: Persistence = Persistence::Durable;

    fn actions(&self, binding: &Binding) -> Vec<Action> {
        let Self { group, snapshot, set, boot } = self;
        vec![
            Action::Effect(format!(
                "check that {group}/{snapshot} is valid and its filesystem clean"
            )),
            Action::Run(Command::report_snapshots(group, binding)),
            Action::Effect(format!("compare {set} with its digests and with {boot}")),
        ]
    }

    fn title(&self) -> String {
        say::prove_backup()
    }
}
