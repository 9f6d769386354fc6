//! What a system says of partitions, made what they are on this machine.

use serde::{Deserialize, Serialize};
use zshield_messages::say::step as say;

use super::kind::{Persistence, RetryPolicy, StepKind};
use crate::action::Action;
use crate::model::Binding;
use crate::own::PartitionIds;

/// Makes `fstab`, the rule of udev and the menu in the boot set name this machine's partitions. A generation may be of
/// an SSD that is gone; where it is of this one nothing is written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdoptPartitions {
    /// Where the system is.
    pub root: String,
    /// The partitions.
    pub partitions: PartitionIds,
}

impl StepKind for AdoptPartitions {
    const RETRY: RetryPolicy = RetryPolicy::Repeat;
    const PERSISTENCE: Persistence = Persistence::Durable;

    fn actions(&self, _: &Binding) -> Vec<Action> {
        let Self { root, partitions } = self;
        let own = &partitions.own;
        vec![Action::Effect(format!(
            "have {root} name partition {} as /boot and {own} as its disks",
            partitions.boot
        ))]
    }

    fn title(&self) -> String {
        say::adopt_partitions()
    }
}
