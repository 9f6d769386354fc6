//! Every scenario there is: the scenarios of their crate and the short forms of the benches.

use zshield_scenarios::scenario::{Scenario, Tier};

/// All scenarios of a tier.
pub fn of(tier: Tier) -> Vec<Scenario> {
    all().filter(|scenario| scenario.tier == tier).collect()
}

/// The scenarios that are too long for CI.
pub fn long() -> Vec<Scenario> {
    [Tier::Host, Tier::Uml, Tier::E2e]
        .into_iter()
        .flat_map(of)
        .filter(|scenario| !scenario.in_ci)
        .collect()
}

fn all() -> impl Iterator<Item = Scenario> {
    zshield_scenarios::all().into_iter().chain(zshield_bench::SCENARIOS.iter().copied())
}
