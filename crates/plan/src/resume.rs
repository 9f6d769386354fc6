//! What follows from an operation that was cut off.

use crate::journal::Journal;
use crate::model::Binding;
use crate::world::World;

/// What to do about an operation that was cut off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resume {
    /// Go on with it.
    Continue(Binding),
    /// Begin anew, with this machine's image, on the same disks.
    Replan,
    /// It is not this machine's: one of its disks is not here.
    Refuse,
}

/// What follows from a journal on this machine.
pub fn resume(journal: &Journal, world: &World) -> Resume {
    match world.bind(&journal.plan) {
        None => Resume::Refuse,
        Some(binding) if journal.plan.image == world.image.digest => Resume::Continue(binding),
        Some(_) => Resume::Replan,
    }
}
