//! Which slot is the active one.

use serde::{Deserialize, Serialize};
use zshield_messages::say::step as say;

use super::kind::{Persistence, RetryPolicy, StepKind};
use crate::action::Action;
use crate::id::Slot;
use crate::model::Binding;

/// Makes a slot the active one, once each of its files was read.
///
/// GRUB's menu, and GRUB's core where there is no menu, take the slot from the mark on the Golden partition itself
/// ([`Slot::MARK`]): so no menu in a backup names an old slot, and nothing but this one change of a directory
/// decides. It is on the disk when the partition was unmounted; GRUB replays no journal, and sees the slot of before
/// until then. Both slots are whole then, and the rescue system of either goes back to any state: each has
/// the image that the ledger names as root's, or as the slot's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SwitchSlot {
    /// Where the Golden partition is mounted.
    pub at: String,
    /// The slot.
    pub slot: Slot,
    /// The digest of the image in it.
    pub image: String,
}

impl StepKind for SwitchSlot {
    const RETRY: RetryPolicy = RetryPolicy::Repeat;
    const PERSISTENCE: Persistence = Persistence::Durable;

    fn actions(&self, _binding: &Binding) -> Vec<Action> {
        let (at, mark) = (&self.at, Slot::MARK);
        let directory = self.slot.directory();
        let change = match self.slot {
            Slot::A => format!("remove {at}/{mark}"),
            Slot::B => format!("write {at}/{mark}"),
        };
        vec![Action::Effect(format!("read every file in {at}/{directory}")), Action::Effect(change)]
    }

    fn title(&self) -> String {
        say::switch_slot()
    }
}
