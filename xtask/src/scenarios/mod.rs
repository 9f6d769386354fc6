//! Every scenario there is.

mod alarm;
mod check;
mod check_daemon;
mod copy_back;
mod cow;
mod cuts;
mod daemon;
mod degraded;
mod factory_anew;
mod faults;
mod harness;
mod install;
mod install_cut;
mod install_menu;
mod install_unattended;
mod kill_matrix;
mod live;
mod live_matrix;
mod live_order;
mod live_repair;
mod load;
mod nights;
mod rebuild;
pub mod recover;
mod running_matrix;
pub mod small;
mod start;
mod tables;

use crate::bench;
use crate::scenario::{Scenario, Tier};

/// All scenarios of a tier.
pub fn of(tier: Tier) -> Vec<Scenario> {
    let own = [
        install::SCENARIOS,
        install_cut::SCENARIOS,
        install_menu::SCENARIOS,
        install_unattended::SCENARIOS,
        kill_matrix::SCENARIOS,
        rebuild::SCENARIOS,
        degraded::SCENARIOS,
        factory_anew::SCENARIOS,
        daemon::SCENARIOS,
        check::SCENARIOS,
        check_daemon::SCENARIOS,
        nights::SCENARIOS,
        live::SCENARIOS,
        live_matrix::SCENARIOS,
        live_order::SCENARIOS,
        live_repair::SCENARIOS,
        load::SCENARIOS,
        cuts::SCENARIOS,
        recover::SCENARIOS,
        start::SCENARIOS,
        running_matrix::SCENARIOS,
        cow::SCENARIOS,
        copy_back::SCENARIOS,
        tables::SCENARIOS,
        harness::SCENARIOS,
        alarm::SCENARIOS,
        bench::SCENARIOS,
    ]
    .concat();
    own.into_iter()
        .chain(faults::GROUPS.concat())
        .filter(|scenario| scenario.tier == tier)
        .collect()
}

/// The scenarios that are too long for CI.
pub fn long() -> Vec<Scenario> {
    [Tier::Host, Tier::Uml, Tier::E2e]
        .into_iter()
        .flat_map(of)
        .filter(|scenario| !scenario.in_ci)
        .collect()
}
