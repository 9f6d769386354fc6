//! `/boot`, saved into root.

use serde::{Deserialize, Serialize};
use zshield_messages::say::step as say;

use super::kind::{Persistence, RetryPolicy, StepKind};
use crate::action::Action;
use crate::model::Binding;
use crate::saved::BootSetMeta;

/// Saves `/boot` into root, so that a snapshot of root carries it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SaveBoot {
    /// Where `/boot` is.
    pub boot: String,
    /// The directory of the set.
    pub to: String,
    /// What the set says of itself.
    pub saved: BootSetMeta,
}

impl StepKind for SaveBoot {
    const RETRY: RetryPolicy = RetryPolicy::Repeat;
    const PERSISTENCE: Persistence = Persistence::Durable;

    fn actions(&self, _binding: &Binding) -> Vec<Action> {
        let Self { boot, to, saved } = self;
        let version = &saved.version;
        vec![Action::Effect(format!("save {boot} in {to}, with digests, as version {version}"))]
    }

    fn title(&self) -> String {
        say::save_boot()
    }
}
