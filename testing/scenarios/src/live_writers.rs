//! Programs that write while the system is put right.

use anyhow::{Result, ensure};

use super::live::LIMIT;
use crate::scenario::{Context, Scenario};
use zshield_machines::uml_appliance::Payload;

pub(super) const SCENARIOS: &[Scenario] = &[Scenario::uml(
    "live-writers",
    "a file that a program appends to and one that is rewritten all the time stay, and are named; the \
     rest is put right, and nothing is left for the next start",
    writers,
)];

const WRITERS: &str = include_str!("../sh/live-writers/writers.sh");

fn writers(context: &Context) -> Result<()> {
    let appliance = context.uml_appliance(Payload::Smallest)?;
    let said = appliance.run("writers", &[WRITERS], LIMIT)?;
    ensure!(said.contains("nobody-lost"), "{said}");
    appliance.remove_disks()
}
