//! Faults of devices and of the machine around them: nothing is lost, what happened is said, and
//! the next operation finds its way.

mod behind;
mod boots;
mod damage;
mod hdd;
mod interrupted;
mod limits;
mod ssd;

use crate::scenario::Scenario;

/// All of them.
pub(super) const GROUPS: [&[Scenario]; 6] = [
    behind::SCENARIOS,
    hdd::SCENARIOS,
    ssd::SCENARIOS,
    damage::SCENARIOS,
    limits::SCENARIOS,
    interrupted::SCENARIOS,
];
