//! The payload, unpacked.

use serde::{Deserialize, Serialize};
use zshield_messages::say::step as say;

use super::create_filesystem::CreateFilesystem;
use super::kind::Named as _;
use super::kind::{Persistence, RetryPolicy, StepKind};
use crate::action::Action;
use crate::model::{Binding, Device};

/// Unpacks the payload from the opened Golden Image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unpack {
    /// To where root is mounted, with `/boot` in it.
    pub to: String,
}

impl StepKind for Unpack {
    // What is unpacked in part lies under what is unpacked again.
    const RETRY: RetryPolicy = RetryPolicy::After(CreateFilesystem::NAME);
    const PERSISTENCE: Persistence = Persistence::Durable;

    fn actions(&self, binding: &Binding) -> Vec<Action> {
        let payload = binding.path(&Device::Golden);
        let to = &self.to;
        vec![Action::Effect(format!("unpack every file of the manifest from {payload} to {to}"))]
    }

    fn title(&self) -> String {
        say::unpack()
    }
}
