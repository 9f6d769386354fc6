//! What a system is held against, saved into root.

use serde::{Deserialize, Serialize};
use zshield_messages::say::step as say;

use super::kind::{Persistence, RetryPolicy, StepKind};
use crate::action::Action;
use crate::model::Binding;

/// Saves the image's manifest, signature and policy into root, so that root and each backup of it can be
/// checked and upgraded whatever image the Golden partition has by then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SaveRelease {
    /// The directory of the release.
    pub to: String,
}

impl StepKind for SaveRelease {
    const RETRY: RetryPolicy = RetryPolicy::Repeat;
    const PERSISTENCE: Persistence = Persistence::Durable;

    fn actions(&self, _binding: &Binding) -> Vec<Action> {
        vec![Action::Effect(format!(
            "copy the image's manifest, signature and policy to {}",
            self.to
        ))]
    }

    fn title(&self) -> String {
        say::save_release()
    }
}
