//! Root, copied back from a snapshot.

use serde::{Deserialize, Serialize};
use zshield_messages::say::step as say;

use super::kind::{Persistence, RetryPolicy, StepKind};
use crate::action::Action;
use crate::model::Binding;
use crate::policy::{GroupName, VolumeName};

/// Writes to the origin what a snapshot's COW store holds, where they differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CopyBack {
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

impl StepKind for CopyBack {
    const RETRY: RetryPolicy = RetryPolicy::Repeat;
    const PERSISTENCE: Persistence = Persistence::Durable;

    fn actions(&self, _binding: &Binding) -> Vec<Action> {
        let Self { group, snapshot, over, origin } = self;
        let over = over.iter().map(|over| format!(", and then that of {group}/{over},"));
        let over = over.collect::<String>();
        vec![Action::Effect(format!(
            "copy what differs from the COW store of {group}/{snapshot}{over} back to {group}/{origin}"
        ))]
    }

    fn title(&self) -> String {
        say::copy_back()
    }
}
