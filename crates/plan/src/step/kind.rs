//! What every step says of itself.

use crate::action::Action;
use crate::model::Binding;

/// What doing a step again means, where it is not known whether it was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryPolicy {
    /// It is simply done again.
    Repeat,
    /// What it makes may be there, whole or in part: that is looked for first.
    Probe,
    /// It is done again only after the step that prepares its ground.
    After(&'static str),
}

/// How long a step's effect lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Persistence {
    /// On the disks.
    Durable,
    /// Until the next boot: a mount, an activated volume.
    Session,
}

/// The name by which journals, messages and scripts know a step, as the list of all steps has it.
pub trait Named {
    /// The name.
    const NAME: &'static str;
}

/// A step: the one definition of what it is. What the program itself does in it is the host's.
pub trait StepKind: Named {
    /// What doing it again means.
    const RETRY: RetryPolicy;
    /// How long its effect lasts.
    const PERSISTENCE: Persistence;

    /// Its actions in order: they are run, and shown.
    fn actions(&self, binding: &Binding) -> Vec<Action>;

    /// What it is called for a person, in their language.
    fn title(&self) -> String;

    /// Its name, where it has more than the one of its kind.
    fn name(&self) -> &'static str {
        Self::NAME
    }
}
