//! The factory store, made right over the next backup.

use serde::{Deserialize, Serialize};
use zshield_messages::say::step as say;

use super::detach_factory::GIVEN_UP;
use super::kind::{Persistence, RetryPolicy, StepKind};
use crate::action::Action;
use crate::command::Command;
use crate::model::Binding;
use crate::policy::{GroupName, VolumeName};

/// Appends to the factory store what the outgoing backup's store holds and it lacks: then it is right over that
/// backup and over the one that takes its place, and its mark names both.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoldStore {
    /// The group.
    pub group: GroupName,
    /// The outgoing backup, over which the store is right.
    pub from: VolumeName,
    /// The factory store.
    pub store: VolumeName,
    /// The backup that takes its place.
    pub over: VolumeName,
}

impl StepKind for FoldStore {
    const RETRY: RetryPolicy = RetryPolicy::Repeat;
    const PERSISTENCE: Persistence = Persistence::Durable;

    fn actions(&self, _binding: &Binding) -> Vec<Action> {
        let Self { group, from, store, over } = self;
        vec![
            Action::Effect(format!(
                "append to {group}/{store} what it lacks of the COW store of {group}/{from}"
            )),
            // Whether the kernel has given the outgoing one up.
            Action::Run(Command::new("dmsetup", &GIVEN_UP)),
            Action::Effect(format!(
                "mark {group}/{store} as one that stands over {group}/{from} and {group}/{over}"
            )),
        ]
    }

    fn title(&self) -> String {
        say::fold_store()
    }
}
