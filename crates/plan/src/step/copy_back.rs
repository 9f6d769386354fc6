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
    /// The snapshot.
    pub snapshot: VolumeName,
    /// Its origin.
    pub origin: VolumeName,
}

impl StepKind for CopyBack {
    const RETRY: RetryPolicy = RetryPolicy::Repeat;
    const PERSISTENCE: Persistence = Persistence::Durable;

    fn actions(&self, _binding: &Binding) -> Vec<Action> {
        let Self { group, snapshot, origin } = self;
        vec![Action::Effect(format!(
            "copy what differs from the COW store of {group}/{snapshot} back to {group}/{origin}"
        ))]
    }

    fn title(&self) -> String {
        say::copy_back()
    }
}
