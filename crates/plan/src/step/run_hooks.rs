//! The programs that a bundle brings.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use zshield_messages::say::step as say;

use super::kind::{Persistence, RetryPolicy, StepKind};
use crate::action::Action;
use crate::model::Binding;

/// When a program of a bundle runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HookStage {
    /// Before anything of the system is changed.
    Before,
    /// When all of the new version is in place.
    After,
}

/// Runs the programs that a bundle brings for a stage. One that fails or hangs ends the upgrade, and the system
/// goes back. Nothing says which have run: an upgrade that is tried again runs all of them again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunHooks {
    /// When.
    pub stage: HookStage,
    /// The directory that they were staged in.
    pub from: String,
    /// Their files in it, in their order.
    pub programs: Vec<String>,
    /// How long each may take.
    pub limit: Duration,
    /// The versions that it leads from and to.
    pub versions: [String; 2],
}

impl StepKind for RunHooks {
    const RETRY: RetryPolicy = RetryPolicy::Repeat;
    const PERSISTENCE: Persistence = Persistence::Durable;

    fn actions(&self, _binding: &Binding) -> Vec<Action> {
        let Self { from, programs, limit, .. } = self;
        let run = |program: &String| {
            Action::Effect(format!("run {from}/{program} for at most {} s", limit.as_secs()))
        };
        programs.iter().map(run).collect()
    }

    fn title(&self) -> String {
        say::run_hooks()
    }
}
