//! The volume group, made whole again.

use serde::{Deserialize, Serialize};
use zshield_messages::say::step as say;

use super::kind::{Persistence, RetryPolicy, StepKind};
use crate::action::{Action, Condition};
use crate::command::Command;
use crate::model::{Binding, Device};
use crate::policy::{GroupName, VolumeName};

/// `vgreduce --removemissing --force`: volumes that lay on a lost disk go, the others stay.
///
/// What is missing is what LVM does not see at that instant, and with it goes whatever lies there. So the
/// step looks before: it does nothing where nothing is missing, and it refuses where the group is
/// another one than the plan was made for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReduceGroup {
    /// The group.
    pub group: GroupName,
    /// Its physical volumes that are there: these and no others.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keeps: Vec<Device>,
    /// Its volumes that may go, where a part of them lay on what is missing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub loses: Vec<VolumeName>,
}

impl StepKind for ReduceGroup {
    const RETRY: RetryPolicy = RetryPolicy::Repeat;
    const PERSISTENCE: Persistence = Persistence::Durable;

    fn actions(&self, binding: &Binding) -> Vec<Action> {
        let reduce = ["vgreduce", "--removemissing", "--force", self.group.as_str()];
        let partial = Condition::Found("something is missing, and nothing goes with it that stays");
        vec![
            Action::Run(Command::report_pieces(binding)),
            Action::RunIf(partial, Command::lvm(&reduce, binding)),
        ]
    }

    fn title(&self) -> String {
        say::reduce_group(self.group.as_str())
    }
}

/// `vgextend`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExtendGroup {
    /// The group.
    pub group: GroupName,
    /// The physical volume that joins it.
    pub device: Device,
}

impl StepKind for ExtendGroup {
    const RETRY: RetryPolicy = RetryPolicy::Probe;
    const PERSISTENCE: Persistence = Persistence::Durable;

    fn actions(&self, binding: &Binding) -> Vec<Action> {
        let device = binding.path(&self.device);
        let ours = format!("vg_name={}", self.group);
        let members = ["pvs", "-o", "pv_name", "--select", &ours];
        let missing = Condition::NotListed(Command::lvm_report(&members, binding), device.clone());
        let extend = Command::lvm(&["vgextend", "--yes", self.group.as_str(), &device], binding);
        vec![Action::RunIf(missing, extend)]
    }

    fn title(&self) -> String {
        say::extend_group(self.device.title())
    }
}
