//! A physical volume of LVM.

use serde::{Deserialize, Serialize};
use zshield_messages::say::step as say;

use super::kind::{Persistence, RetryPolicy, StepKind};
use crate::action::Action;
use crate::command::Command;
use crate::id::Uuid;
use crate::model::{Binding, Device};

/// `pvcreate`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreatePhysicalVolume {
    /// On what.
    pub device: Device,
    /// Its id.
    pub id: Uuid,
}

impl StepKind for CreatePhysicalVolume {
    const RETRY: RetryPolicy = RetryPolicy::Repeat;
    const PERSISTENCE: Persistence = Persistence::Durable;

    fn actions(&self, binding: &Binding) -> Vec<Action> {
        let device = binding.path(&self.device);
        let id = self.id.lvm();
        let create = ["pvcreate", "-ff", "--yes", "--zero", "y", "--uuid", &id, "--norestorefile"];
        vec![
            Action::Effect(format!("zero what a cut has left of a physical volume on {device}")),
            Action::Run(Command::lvm(&[&create[..], &[&device]].concat(), binding)),
        ]
    }

    fn title(&self) -> String {
        say::create_physical_volume(self.device.title())
    }
}
