//! The appliance's ledger.

use serde::{Deserialize, Serialize};
use zshield_messages::say::step as say;

use super::kind::{Persistence, RetryPolicy, StepKind};
use crate::action::Action;
use crate::ledger::Ledger;
use crate::model::Binding;

/// Begins the appliance's ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WriteLedger {
    /// The directory of its two copies.
    pub at: String,
    /// What it says.
    pub ledger: Ledger,
}

impl StepKind for WriteLedger {
    const RETRY: RetryPolicy = RetryPolicy::Repeat;
    const PERSISTENCE: Persistence = Persistence::Durable;

    fn actions(&self, _binding: &Binding) -> Vec<Action> {
        vec![Action::Effect(format!("begin the ledger in {}", self.at))]
    }

    fn title(&self) -> String {
        say::write_ledger()
    }
}
