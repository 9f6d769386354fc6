//! A recovery without a restart that stopped on the way, and what is ordered after it.

use anyhow::{Result, ensure};

use super::live::LIMIT;
use super::running_matrix::GO_ON;
use crate::scenario::{Context, Scenario};
use zshield_machines::uml_appliance::Payload;

pub(super) const SCENARIOS: &[Scenario] = &[Scenario::uml(
    "live-order",
    "a recovery without a restart that stopped goes on while the system runs where the same is asked \
     for; another order takes its place, and the next start carries that one out",
    order,
)];

/// A backup, and what is done to it later; a recovery that stops, since nothing was put right.
const FUNCTIONS: &str = include_str!("../sh/live-order/functions.sh");

const ORDERS: &str = include_str!("../sh/live-order/orders.sh");

fn order(context: &Context) -> Result<()> {
    let appliance = context.uml_appliance(Payload::Smallest)?;
    let said = appliance.run("order", &[GO_ON, FUNCTIONS, ORDERS], LIMIT)?;
    ensure!(said.contains("all-as-ordered"), "{said}");
    appliance.remove_disks()
}
