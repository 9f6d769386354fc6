//! A generation of the vault, mounted for as long as it is looked into.

use serde::{Deserialize, Serialize};
use zshield_messages::say::step as say;

use super::kind::{Persistence, RetryPolicy, StepKind};
use crate::action::Action;
use crate::id::GenerationId;
use crate::model::Binding;
use crate::policy::GroupName;

/// Mounts the vault's volume, opens its repository with the machine's key, and mounts a generation, to be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenGeneration {
    /// The group that the vault is in.
    pub group: GroupName,
    /// The generation.
    pub generation: GenerationId,
    /// Where it is mounted.
    pub at: String,
}

impl StepKind for OpenGeneration {
    const RETRY: RetryPolicy = RetryPolicy::Repeat;
    const PERSISTENCE: Persistence = Persistence::Session;

    fn actions(&self, _: &Binding) -> Vec<Action> {
        let Self { group, generation, at } = self;
        vec![
            Action::Effect(format!("mount {group}/lv-vault and open its repository")),
            Action::Effect(format!("mount generation {generation} on {at}, to be read")),
        ]
    }

    fn title(&self) -> String {
        say::open_generation()
    }
}

/// Unmounts both.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CloseGeneration {
    /// Where it is mounted.
    pub at: String,
}

impl StepKind for CloseGeneration {
    const RETRY: RetryPolicy = RetryPolicy::Repeat;
    const PERSISTENCE: Persistence = Persistence::Session;

    fn actions(&self, _: &Binding) -> Vec<Action> {
        vec![Action::Effect(format!("unmount {} and the vault", self.at))]
    }

    fn title(&self) -> String {
        say::close_generation()
    }
}

/// Reads the boot set of a generation: a recovery that can't end in a system that starts does not begin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckGeneration {
    /// The directory of its boot set.
    pub set: String,
}

impl StepKind for CheckGeneration {
    const RETRY: RetryPolicy = RetryPolicy::Repeat;
    const PERSISTENCE: Persistence = Persistence::Durable;

    fn actions(&self, _: &Binding) -> Vec<Action> {
        vec![Action::Effect(format!("read each file of {}", self.set))]
    }

    fn title(&self) -> String {
        say::check_generation()
    }
}
