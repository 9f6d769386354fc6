//! The factory store over the latest backup, as a device for as long as it is looked into.

use serde::{Deserialize, Serialize};
use zshield_messages::say::step as say;

use super::kind::{Persistence, RetryPolicy, StepKind};
use crate::action::{Action, Condition};
use crate::command::Command;
use crate::id::MappingName;
use crate::model::{Binding, FACTORY_VIEW};
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

    fn actions(&self, _: &Binding) -> Vec<Action> {
        let Self { group, store, over } = self;
        vec![
            Action::Effect(format!("look that {group}/{store} stands over {group}/{over}")),
            // With the id of that volume, to be read.
            Action::RunWith(
                Command::new("dmsetup", &["create", view(group).as_str()]),
                "the factory store over the latest backup",
            ),
        ]
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

    fn actions(&self, _: &Binding) -> Vec<Action> {
        let remove = Command::new("dmsetup", &["remove", "--retry", view(&self.group).as_str()]);
        vec![Action::RunIf(Condition::Found("nobody else uses it"), remove)]
    }

    fn title(&self) -> String {
        say::close_factory()
    }
}

/// What the device mapper calls the device.
fn view(group: &GroupName) -> MappingName {
    group.mapping(&VolumeName::fixed(FACTORY_VIEW))
}
