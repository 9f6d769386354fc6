//! A volume given another name.

use serde::{Deserialize, Serialize};
use zshield_messages::say::step as say;

use super::kind::{Persistence, RetryPolicy, StepKind};
use crate::action::{Action, Condition};
use crate::command::Command;
use crate::model::Binding;
use crate::policy::{GroupName, VolumeName};

/// `lvrename`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RenameVolume {
    /// The group.
    pub group: GroupName,
    /// Its name.
    pub from: VolumeName,
    /// Its new name.
    pub to: VolumeName,
}

impl StepKind for RenameVolume {
    const RETRY: RetryPolicy = RetryPolicy::Probe;
    const PERSISTENCE: Persistence = Persistence::Durable;

    fn actions(&self, binding: &Binding) -> Vec<Action> {
        let (group, from, to) = (self.group.as_str(), self.from.as_str(), self.to.as_str());
        let there = Command::list_volumes(&self.group, binding);
        let there = Condition::Listed(there, from.to_owned());
        vec![Action::RunIf(there, Command::lvm(&["lvrename", group, from, to], binding))]
    }

    fn title(&self) -> String {
        say::rename_volume(self.to.as_str())
    }
}
