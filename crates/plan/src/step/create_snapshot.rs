//! A snapshot.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use zshield_messages::say::step as say;

use super::kind::{Persistence, RetryPolicy, StepKind};
use super::remove_volume::remove_if_there;
use crate::action::Action;
use crate::command::{Command, in_bytes};
use crate::model::{Binding, Device};
use crate::policy::{GroupName, VolumeName};
use zshield_units::Bytes;

/// `lvcreate --snapshot`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateSnapshot {
    /// The group.
    pub group: GroupName,
    /// The volume.
    pub origin: VolumeName,
    /// The snapshot's name.
    pub snapshot: VolumeName,
    /// Its chunk size.
    pub chunk: Bytes,
    /// Its COW store's size.
    pub size: Bytes,
    /// The physical volume it is on.
    pub on: Device,
    /// Where applications are to hold still meanwhile: how long each of their hooks may take.
    #[serde(default)]
    pub hooks: Option<Duration>,
}

impl StepKind for CreateSnapshot {
    const RETRY: RetryPolicy = RetryPolicy::Probe;
    const PERSISTENCE: Persistence = Persistence::Durable;

    fn actions(&self, binding: &Binding) -> Vec<Action> {
        let (size, chunk) = (in_bytes(self.size), in_bytes(self.chunk));
        let (origin, on) = (format!("{}/{}", self.group, self.origin), binding.path(&self.on));
        let create = ["lvcreate", "--yes", "--snapshot", "--size", &size, "--chunksize", &chunk];
        let name = ["--name", self.snapshot.as_str(), &origin, &on];
        let around = |phase| self.hooks.map(|_| Action::Effect(format!("run the {phase} hooks")));
        around("pre")
            .into_iter()
            .chain([
                remove_if_there(&self.group, &self.snapshot, binding),
                Action::Run(Command::lvm(&[&create[..], &name].concat(), binding)),
            ])
            .chain(around("post"))
            .collect()
    }

    fn title(&self) -> String {
        say::create_snapshot(self.snapshot.as_str())
    }
}
