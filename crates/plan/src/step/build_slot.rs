//! The inactive slot, put together anew.

use serde::{Deserialize, Serialize};
use zshield_messages::say::step as say;

use super::kind::{Persistence, RetryPolicy, StepKind};
use crate::action::Action;
use crate::id::Slot;
use crate::model::Binding;

/// Puts the new image together in the inactive slot, out of the active one and a bundle, and reads it back.
///
/// The Golden partition is mounted to be written, and the active slot is read through a mount of its own that can't
/// be written. What is in the inactive slot goes first, its manifest before all else: a slot without one counts
/// as none, for GRUB and for every program. The new manifest comes last, when all that it says was read back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BuildSlot {
    /// Where the Golden partition is mounted.
    pub at: String,
    /// The active slot.
    pub from: Slot,
    /// The digest of the image in it.
    pub from_image: String,
    /// The inactive slot.
    pub to: Slot,
    /// The digest of the new image.
    pub image: String,
}

impl StepKind for BuildSlot {
    const RETRY: RetryPolicy = RetryPolicy::Repeat;
    const PERSISTENCE: Persistence = Persistence::Durable;

    fn actions(&self, _binding: &Binding) -> Vec<Action> {
        let Self { at, from, to, .. } = self;
        let (from, to) = (from.directory(), to.directory());
        vec![
            Action::Effect(format!("remove what is in {at}/{to}, its manifest first")),
            Action::Effect(format!(
                "put the new image together in {at}/{to}, from {at}/{from} and the bundle"
            )),
            Action::Effect(format!("read it back, and write its manifest to {at}/{to}")),
        ]
    }

    fn title(&self) -> String {
        say::build_slot()
    }
}
