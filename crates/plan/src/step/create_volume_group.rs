//! The volume group.

use serde::{Deserialize, Serialize};
use zshield_messages::say::step as say;

use super::create_physical_volume::CreatePhysicalVolume;
use super::kind::Named as _;
use super::kind::{Persistence, RetryPolicy, StepKind};
use crate::action::Action;
use crate::command::{Command, in_bytes};
use crate::model::{Binding, Device};
use crate::policy::GroupName;
use zshield_units::Bytes;

/// `vgcreate`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateVolumeGroup {
    /// Its name.
    pub group: GroupName,
    /// Its physical volumes.
    pub devices: Vec<Device>,
    /// Its extents' size.
    pub extent: Bytes,
}

impl StepKind for CreateVolumeGroup {
    // A group made in part is not worth understanding: its ground is laid anew.
    const RETRY: RetryPolicy = RetryPolicy::After(CreatePhysicalVolume::NAME);
    const PERSISTENCE: Persistence = Persistence::Durable;

    fn actions(&self, binding: &Binding) -> Vec<Action> {
        let devices: Vec<String> = self.devices.iter().map(|device| binding.path(device)).collect();
        let extent = in_bytes(self.extent);
        let group = self.group.as_str();
        let mut words = vec!["vgcreate", "--yes", "--physicalextentsize", &extent, group];
        words.extend(devices.iter().map(String::as_str));
        vec![Action::Run(Command::lvm(&words, binding))]
    }

    fn title(&self) -> String {
        say::create_volume_group(self.group.as_str())
    }
}
