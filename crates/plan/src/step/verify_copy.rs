//! Root, read back after it was copied back.

use serde::{Deserialize, Serialize};
use zshield_messages::say::step as say;

use super::kind::{Persistence, RetryPolicy, StepKind};
use crate::action::Action;
use crate::command::Command;
use crate::model::{Binding, Device};
use crate::policy::{GroupName, VolumeName};

/// Reads the origin back, and checks its filesystem.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerifyCopy {
    /// The group.
    pub group: GroupName,
    /// The snapshot, or the factory store.
    pub snapshot: VolumeName,
    /// The snapshot that the factory store stands over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub over: Option<VolumeName>,
    /// Its origin.
    pub origin: VolumeName,
}

impl StepKind for VerifyCopy {
    const RETRY: RetryPolicy = RetryPolicy::Repeat;
    const PERSISTENCE: Persistence = Persistence::Durable;

    fn actions(&self, binding: &Binding) -> Vec<Action> {
        let Self { group, snapshot, origin, .. } = self;
        let device = binding.path(&Device::Volume(group.clone(), origin.clone()));
        vec![
            Action::Effect(format!(
                "read {group}/{origin} back and compare it with {group}/{snapshot}"
            )),
            Action::Run(Command::new("e2fsck", &["-f", "-p", &device])),
        ]
    }

    fn title(&self) -> String {
        say::prove_copy()
    }
}
