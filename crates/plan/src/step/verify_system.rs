//! A new system, verified against the manifest.

use serde::{Deserialize, Serialize};
use zshield_messages::say::step as say;

use super::kind::{Persistence, RetryPolicy, StepKind};
use crate::action::Action;
use crate::command::Command;
use crate::model::Binding;
use crate::policy::{GroupName, VolumeName};

/// Checks that the snapshot is valid and that it and `/boot` hold the payload to the byte.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerifySystem {
    /// The group.
    pub group: GroupName,
    /// The snapshot.
    pub snapshot: VolumeName,
    /// Where the snapshot is mounted, with `/boot` in it.
    pub root: String,
    /// The paths within root, and all below them, that the installation itself wrote; a `*`
    /// at the end stands for the rest of a name.
    pub written: Vec<String>,
    /// The paths within root where its other parts are mounted.
    pub parts: Vec<String>,
}

impl StepKind for VerifySystem {
    const RETRY: RetryPolicy = RetryPolicy::Repeat;
    const PERSISTENCE: Persistence = Persistence::Durable;

    fn actions(&self, binding: &Binding) -> Vec<Action> {
        let Self { group, snapshot, root, written, .. } = self;
        vec![
            Action::Effect(format!("check that {group}/{snapshot} is valid and not filled")),
            Action::Run(Command::report_snapshots(group, binding)),
            Action::Effect("write out and drop what memory holds of all disks".to_owned()),
            Action::Effect(format!(
                "compare every file below {root} with the manifest, but for what was written here: {}",
                written.join(", ")
            )),
        ]
    }

    fn title(&self) -> String {
        say::prove()
    }
}
