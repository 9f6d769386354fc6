//! A snapshot, looked through before it is relied on.

use serde::{Deserialize, Serialize};
use zshield_messages::say::step as say;

use super::kind::{Persistence, RetryPolicy, StepKind};
use crate::action::Action;
use crate::model::Binding;
use crate::policy::{GroupName, VolumeName};

/// Checks that a snapshot can be gone back to, before anything is written that relies on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckSnapshot {
    /// The group.
    pub group: GroupName,
    /// The snapshot, or the factory store.
    pub snapshot: VolumeName,
    /// The snapshot that the factory store stands over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub over: Option<VolumeName>,
    /// Its origin.
    pub origin: VolumeName,
    /// The boot set in the mounted snapshot.
    pub set: String,
}

impl StepKind for CheckSnapshot {
    const RETRY: RetryPolicy = RetryPolicy::Repeat;
    const PERSISTENCE: Persistence = Persistence::Durable;

    fn actions(&self, _binding: &Binding) -> Vec<Action> {
        let Self { group, snapshot, over, set, .. } = self;
        let tables = [snapshot].into_iter().chain(over);
        let read = |volume| format!("read the table of the COW store of {group}/{volume}");
        let compare = format!("compare {set} with its digests");
        tables.map(read).chain([compare]).map(Action::Effect).collect()
    }

    fn title(&self) -> String {
        say::check_snapshot()
    }
}
