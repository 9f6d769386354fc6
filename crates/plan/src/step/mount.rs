//! Filesystems mounted and unmounted.

use serde::{Deserialize, Serialize};
use zshield_messages::say::step as say;

use super::kind::{Persistence, RetryPolicy, StepKind};
use crate::action::{Action, Condition};
use crate::command::Command;
use crate::model::{Binding, Device};

/// How a filesystem is mounted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MountAs {
    /// ext4, to be written.
    Ext4,
    /// ext4, as it is: not even its journal is replayed.
    Ext4Frozen,
}

/// Mounts a filesystem; the directory is made where it is missing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mount {
    /// What.
    pub device: Device,
    /// Where.
    pub at: String,
    /// How.
    pub kind: MountAs,
}

impl StepKind for Mount {
    const RETRY: RetryPolicy = RetryPolicy::Repeat;
    const PERSISTENCE: Persistence = Persistence::Session;

    fn actions(&self, binding: &Binding) -> Vec<Action> {
        let device = binding.path(&self.device);
        let mount = |options: &str| {
            Action::Call(Command::new("mount", &["-t", "ext4", "-o", options, &device, &self.at]))
        };
        match self.kind {
            MountAs::Ext4 => {
                let refused = Condition::Found("the kernel refuses it as damaged");
                let repair = Command::repair_ext4(&device);
                vec![Action::RunIf(refused, repair), mount("noatime,noinit_itable")]
            }
            MountAs::Ext4Frozen => vec![mount("ro,noatime,noload")],
        }
    }

    fn title(&self) -> String {
        say::mount(self.device.title())
    }
}

/// Unmounts it; all that was written is on the disk then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unmount {
    /// Where.
    pub at: String,
}

impl StepKind for Unmount {
    const RETRY: RetryPolicy = RetryPolicy::Repeat;
    const PERSISTENCE: Persistence = Persistence::Session;

    fn actions(&self, _binding: &Binding) -> Vec<Action> {
        vec![Action::Call(Command::new("umount", &[&self.at]))]
    }

    fn title(&self) -> String {
        say::unmount(self.at.rsplit('/').next().unwrap_or(&self.at))
    }
}
