//! How far an operation has come, durable before and after each step.

use serde::{Deserialize, Serialize};

use crate::plan::Plan;
use crate::step::{Persistence, RetryPolicy, Step};

/// The journal of one operation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Journal {
    /// What is being done.
    pub plan: Plan,
    /// How far it is.
    pub state: JournalState,
}

/// How far an operation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum JournalState {
    /// All steps before this one are done; it is not begun.
    Before(usize),
    /// This step was begun, and nothing says that it ended.
    Within(usize),
    /// All is done.
    Finished,
}

impl Journal {
    /// The journal of an operation that has not begun.
    pub const fn new(plan: Plan) -> Self {
        Self { plan, state: JournalState::Before(0) }
    }

    /// Whether something of it is still to be done.
    pub fn unfinished(&self) -> bool {
        self.state != JournalState::Finished
    }

    /// The step to go on with. A step that may have been begun is done again, or first the one
    /// that prepares its ground.
    pub fn next(&self) -> usize {
        let end = self.plan.steps.len();
        match self.state {
            JournalState::Before(next) => next.min(end),
            JournalState::Finished => end,
            JournalState::Within(step) => match self.plan.steps.get(step).map(Step::retry) {
                Some(RetryPolicy::After(name)) => self
                    .plan
                    .steps
                    .iter()
                    .position(|earlier| earlier.name() == name)
                    .map_or(0, |ground| ground.min(step)),
                Some(RetryPolicy::Repeat | RetryPolicy::Probe) => step,
                None => end,
            },
        }
    }

    /// Whether nothing but the last step is still to be done.
    pub fn at_last_step(&self) -> bool {
        self.next() + 1 >= self.plan.steps.len()
    }

    /// The steps before the next one whose effect the last boot took with it.
    pub fn lost(&self) -> impl Iterator<Item = (usize, &Step)> {
        let lost = |(_, step): &(usize, &Step)| step.persistence() == Persistence::Session;
        self.plan.steps.iter().enumerate().take(self.next()).filter(lost)
    }
}
