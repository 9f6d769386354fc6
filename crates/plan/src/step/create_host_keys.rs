//! The SSH host keys of a new system.

use serde::{Deserialize, Serialize};
use zshield_messages::say::step as say;

use super::kind::{Persistence, RetryPolicy, StepKind};
use crate::action::{Action, Condition};
use crate::command::Command;
use crate::model::Binding;

/// Replaces the SSH host keys of the system there by fresh ones, where it has SSH at all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateHostKeys {
    /// Where root is mounted.
    pub root: String,
}

impl StepKind for CreateHostKeys {
    const RETRY: RetryPolicy = RetryPolicy::Repeat;
    const PERSISTENCE: Persistence = Persistence::Durable;

    fn actions(&self, _binding: &Binding) -> Vec<Action> {
        let root = &self.root;
        let replace = format!(
            "replace {root}/etc/ssh/ssh_host_*_key by fresh ones (ssh-keygen -A in the new root)"
        );
        // This program enters the new root and becomes its ssh-keygen.
        let enter = Command::new("/proc/self/exe", &["enter", root, "ssh-keygen", "-A"]);
        let has_ssh = Condition::Found("the system has etc/ssh and usr/bin/ssh-keygen");
        vec![Action::Effect(replace), Action::RunIf(has_ssh, enter)]
    }

    fn title(&self) -> String {
        say::create_host_keys()
    }
}
