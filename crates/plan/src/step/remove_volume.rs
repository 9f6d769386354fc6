//! A volume removed.

use serde::{Deserialize, Serialize};
use zshield_messages::say::step as say;

use super::kind::{Persistence, RetryPolicy, StepKind};
use crate::action::{Action, Condition};
use crate::command::Command;
use crate::model::Binding;
use crate::policy::{GroupName, VolumeName};

/// Removes a volume where there is one of that name.
pub(super) fn remove_if_there(group: &GroupName, volume: &VolumeName, binding: &Binding) -> Action {
    let there = Condition::Listed(Command::list_volumes(group, binding), volume.to_string());
    let name = format!("{group}/{volume}");
    Action::RunIf(there, Command::lvm(&["lvremove", "--yes", "--force", &name], binding))
}

/// `lvremove`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemoveVolume {
    /// The group.
    pub group: GroupName,
    /// The volume.
    pub volume: VolumeName,
}

impl StepKind for RemoveVolume {
    const RETRY: RetryPolicy = RetryPolicy::Probe;
    const PERSISTENCE: Persistence = Persistence::Durable;

    fn actions(&self, binding: &Binding) -> Vec<Action> {
        vec![remove_if_there(&self.group, &self.volume, binding)]
    }

    fn title(&self) -> String {
        say::remove_volume(self.volume.as_str())
    }
}
