//! LVM's metadata, written to both disks.

use serde::{Deserialize, Serialize};
use zshield_messages::say::step as say;

use super::kind::{Persistence, RetryPolicy, StepKind};
use crate::action::Action;
use crate::command::Command;
use crate::model::Binding;
use crate::policy::GroupName;

/// `vgck --updatemetadata`: each disk has LVM's notes of the group again, where a cut has left
/// them torn or behind on one of them. LVM itself passes such a copy over for ever.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpdateMetadata {
    /// The group.
    pub group: GroupName,
}

impl StepKind for UpdateMetadata {
    const RETRY: RetryPolicy = RetryPolicy::Repeat;
    const PERSISTENCE: Persistence = Persistence::Durable;

    fn actions(&self, binding: &Binding) -> Vec<Action> {
        // Twice, since a torn copy that looks to the first scan like the other one is left alone by
        // it (“not repairing bad metadata”), and is found out only once the other one is a step
        // ahead.
        let update = Command::lvm(&["vgck", "--updatemetadata", self.group.as_str()], binding);
        vec![Action::Run(update.clone()), Action::Run(update)]
    }

    fn title(&self) -> String {
        say::update_metadata(self.group.as_str())
    }
}
