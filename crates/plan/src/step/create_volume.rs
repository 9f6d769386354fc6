//! A logical volume.

use serde::{Deserialize, Serialize};
use zshield_messages::say::step as say;

use super::kind::{Persistence, RetryPolicy, StepKind};
use super::remove_volume::remove_if_there;
use crate::action::Action;
use crate::command::{Command, in_bytes};
use crate::model::{Binding, Device};
use crate::policy::{GroupName, VolumeName};
use zshield_units::Bytes;

/// `lvcreate`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateVolume {
    /// The group.
    pub group: GroupName,
    /// Its name.
    pub volume: VolumeName,
    /// Its size.
    pub size: Bytes,
    /// The physical volume it is on.
    pub on: Device,
}

impl StepKind for CreateVolume {
    const RETRY: RetryPolicy = RetryPolicy::Probe;
    const PERSISTENCE: Persistence = Persistence::Durable;

    fn actions(&self, binding: &Binding) -> Vec<Action> {
        let (size, on) = (in_bytes(self.size), binding.path(&self.on));
        let create = ["lvcreate", "--yes", "--wipesignatures", "y", "--zero", "y", "--size", &size];
        let name = ["--name", self.volume.as_str(), self.group.as_str(), &on];
        vec![
            remove_if_there(&self.group, &self.volume, binding),
            Action::Run(Command::lvm(&[&create[..], &name].concat(), binding)),
        ]
    }

    fn title(&self) -> String {
        let (size, volume) = (self.size.to_string(), self.volume.as_str());
        say::CreateVolume { size, volume }.to_string()
    }
}
