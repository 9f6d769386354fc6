//! The payload behind dm-verity.

use serde::{Deserialize, Serialize};
use zshield_messages::say::step as say;

use super::kind::{Persistence, RetryPolicy, StepKind};
use crate::action::{Action, Condition};
use crate::command::Command;
use crate::id::Slot;
use crate::model::{Binding, Device, GOLDEN_MAPPING};

/// Closes the payload where it is open; the loop device goes with it.
pub(crate) fn close() -> Action {
    const OPEN: Condition = Condition::Found("it is open");
    Action::RunIf(OPEN, Command::new("dmsetup", &["remove", "--retry", GOLDEN_MAPPING]))
}

/// Opens the payload in the medium's slot behind dm-verity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenGolden {
    /// The slot.
    pub slot: Slot,
}

impl StepKind for OpenGolden {
    const RETRY: RetryPolicy = RetryPolicy::Repeat;
    const PERSISTENCE: Persistence = Persistence::Session;

    fn actions(&self, binding: &Binding) -> Vec<Action> {
        let slot = self.slot.directory();
        let mapping = binding.path(&Device::Golden);
        let open = format!("open root.squashfs of slot {slot} behind dm-verity as {mapping}");
        let create = ["create", GOLDEN_MAPPING, "--readonly"];
        let create = Action::RunWith(Command::new("dmsetup", &create), "dm-verity's table");
        vec![close(), Action::Effect(open), create]
    }

    fn title(&self) -> String {
        say::open_golden()
    }
}

/// Closes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CloseGolden {}

impl StepKind for CloseGolden {
    const RETRY: RetryPolicy = RetryPolicy::Repeat;
    const PERSISTENCE: Persistence = Persistence::Session;

    fn actions(&self, binding: &Binding) -> Vec<Action> {
        let effect = Action::Effect(format!("close {}", binding.path(&Device::Golden)));
        vec![effect, close()]
    }

    fn title(&self) -> String {
        say::close_golden()
    }
}
