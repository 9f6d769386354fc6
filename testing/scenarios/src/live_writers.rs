//! A system that is put right while programs write, and while people send signals.

use anyhow::{Result, ensure};

use super::live::LIMIT;
use crate::scenario::{Context, Scenario};
use zshield_machines::uml_appliance::Payload;

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario::uml(
        "live-writers",
        "a file that a program appends to and one that is rewritten all the time stay, and are named; \
         the rest is put right, and nothing is left for the next start",
        writers,
    ),
    Scenario::uml(
        "live-interrupted",
        "a hang-up, INT and TERM do not end a recovery that has begun; one that is killed is shown by \
         status and alarms, and goes on where the same is asked for again",
        interrupted,
    ),
];

const WRITERS: &str = include_str!("../sh/live-writers/writers.sh");

fn writers(context: &Context) -> Result<()> {
    let appliance = context.uml_appliance(Payload::Smallest)?;
    let said = appliance.run("writers", &[WRITERS], LIMIT)?;
    ensure!(said.contains("nobody-lost"), "{said}");
    appliance.remove_disks()
}

const INTERRUPTED: &str = include_str!("../sh/live-writers/interrupted.sh");

fn interrupted(context: &Context) -> Result<()> {
    let appliance = context.uml_appliance(Payload::Smallest)?;
    let said = appliance.run("interrupted", &[INTERRUPTED], LIMIT)?;
    ensure!(said.contains("all-ended"), "{said}");
    appliance.remove_disks()
}
