//! A filesystem.

use serde::{Deserialize, Serialize};
use zshield_messages::say::step as say;

use super::kind::{Persistence, RetryPolicy, StepKind};
use crate::action::Action;
use crate::command::Command;
use crate::id::Uuid;
use crate::model::{Binding, Device};

/// `mke2fs -t ext4`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateFilesystem {
    /// On what.
    pub device: Device,
    /// Its label.
    pub label: String,
    /// Its id.
    pub id: Uuid,
    /// How many files it has to hold, where these are few and large; as many as usual where it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inodes: Option<u64>,
}

impl StepKind for CreateFilesystem {
    const RETRY: RetryPolicy = RetryPolicy::Repeat;
    const PERSISTENCE: Persistence = Persistence::Durable;

    fn actions(&self, binding: &Binding) -> Vec<Action> {
        let (id, device) = (self.id.to_string(), binding.path(&self.device));
        let lazy = "lazy_itable_init=1,lazy_journal_init=1,discard";
        let mut ext4 = vec!["-q", "-F", "-t", "ext4", "-L", &self.label, "-U", &id, "-E", lazy];
        let inodes = self.inodes.map(|count| count.to_string());
        ext4.extend(inodes.iter().flat_map(|count| ["-N", count, "-m", "0"]));
        ext4.push(&device);
        vec![Action::Run(Command::new("mke2fs", &ext4))]
    }

    fn title(&self) -> String {
        say::create_filesystem(&self.label)
    }
}
