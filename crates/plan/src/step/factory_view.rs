//! The factory store over the latest backup, as a device for as long as it is looked into.

use serde::{Deserialize, Serialize};
use zshield_messages::say::step as say;

use super::kind::{Persistence, RetryPolicy, StepKind};
use crate::action::Action;
use crate::model::{Binding, Device};
use crate::policy::{GroupName, VolumeName};

/// Makes the device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenFactory {
    /// The group.
    pub group: GroupName,
    /// The factory store.
    pub store: VolumeName,
    /// The backup that it stands over.
    pub over: VolumeName,
}

impl StepKind for OpenFactory {
    const RETRY: RetryPolicy = RetryPolicy::Repeat;
    const PERSISTENCE: Persistence = Persistence::Session;

    fn actions(&self, binding: &Binding) -> Vec<Action> {
        let Self { group, store, over } = self;
        let view = binding.path(&Device::FactoryView(group.clone()));
        vec![Action::Effect(format!(
            "map {group}/{store} over {group}/{over} to be read, as {view}"
        ))]
    }

    fn title(&self) -> String {
        say::open_factory()
    }
}

/// Takes the device away, unless somebody else looks into it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CloseFactory {
    /// The group.
    pub group: GroupName,
}

impl StepKind for CloseFactory {
    const RETRY: RetryPolicy = RetryPolicy::Repeat;
    const PERSISTENCE: Persistence = Persistence::Session;

    fn actions(&self, binding: &Binding) -> Vec<Action> {
        let view = binding.path(&Device::FactoryView(self.group.clone()));
        vec![Action::Effect(format!("remove {view} unless somebody else uses it"))]
    }

    fn title(&self) -> String {
        say::close_factory()
    }
}
