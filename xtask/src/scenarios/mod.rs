//! Every scenario there is.

mod harness;

use crate::scenario::{Scenario, Tier};

/// All scenarios of a tier.
pub fn of(tier: Tier) -> Vec<Scenario> {
    [harness::SCENARIOS].concat().into_iter().filter(|scenario| scenario.tier == tier).collect()
}
