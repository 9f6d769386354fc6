//! The factory snapshot made anew from the Golden Image beside a running system, with the power
//! lost on the way.

use std::time::Duration;

use anyhow::{Context as _, Result};

use super::running_matrix::{PLAN, USER_DATA, plan_in};
use crate::scenario::{Context, Scenario, Tier};
use zshield_machines::uml_appliance::{Payload, UmlAppliance};

pub(super) const SCENARIOS: &[Scenario] = &[Scenario {
    name: "backup-factory-anew",
    shows: "a factory snapshot that was lost comes back with the next backup, the power lost on the \
            way; root is what it was, and the factory state is the payload's, file by file",
    tier: Tier::Uml,
    in_ci: true,
    run,
}];

const LIMIT: Duration = Duration::from_mins(5);

/// The steps at which the power is lost; the others lie between two of these.
const CUT_AT: [&str; 5] =
    ["create-snapshot", "create-filesystem", "unpack", "prove", "rename-volume"];

const LOSE: &str = include_str!("../sh/factory-anew/lose.sh");

const BACKUP: &str = include_str!("../sh/factory-anew/backup.sh");

/// Both ways back are there; the factory's leads to the payload, and consumes nothing.
const AFTER: &str = include_str!("../sh/factory-anew/after.sh");

fn run(context: &Context) -> Result<()> {
    let appliance = context.uml_appliance(Payload::Smallest)?;
    appliance.run("lose", &[LOSE, USER_DATA], LIMIT)?;
    for name in CUT_AT {
        let number = number(&appliance, name)?;
        let place = if name == "unpack" { "within" } else { "after" };
        let point = format!("{number}:{place}");
        appliance.cut(&[BACKUP], &point, LIMIT).with_context(|| format!("at {name}"))?;
    }
    appliance.run("end", &[BACKUP, AFTER], LIMIT)?;
    println!("      {} cuts, the factory state after them", CUT_AT.len());
    appliance.remove_disks()
}

/// The number of the last step of this name: what a cut has left is removed first, so that each
/// plan has other numbers.
fn number(appliance: &UmlAppliance, name: &str) -> Result<usize> {
    let plan = plan_in(&appliance.run(&format!("plan-{name}"), &["mount_system", PLAN], LIMIT)?)?;
    let index = plan.steps.iter().rposition(|step| step.name() == name);
    Ok(index.with_context(|| format!("no step {name}"))? + 1)
}
