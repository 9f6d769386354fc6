//! A vault made on an appliance that has none.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use super::kill_matrix::points;
use super::running_matrix::plan_in;
use crate::scenario::{Context, Scenario};
use zshield_machines::uml_appliance::Payload;

pub(super) const SCENARIOS: &[Scenario] = &[Scenario::uml(
    "vault-init",
    "an appliance without a vault gets one, power lost at each fail point: backups are made all the same, the next run \
     leaves one vault and nothing else, user and audit data are what they were, and backups are copied into it; each \
     reason against it is told, and changes nothing",
    init,
)];

const LIMIT: Duration = Duration::from_mins(5);

/// The vault goes, and what there is of the data is noted.
const WITHOUT: &str = include_str!("../sh/vault-init/without.sh");
const REFUSED: &str = include_str!("../sh/vault-init/refused.sh");
/// Ends what was cut, and looks at what there is.
const AFTER: &str = include_str!("../sh/vault-init/after.sh");
/// Begins anew, to be cut.
const AGAIN: &str = include_str!("../sh/vault-init/again.sh");
const COPIED: &str = include_str!("../sh/vault-init/copied.sh");

fn init(context: &Context) -> Result<()> {
    let appliance = context.uml_appliance(Payload::Smallest)?;
    appliance.run("without", &[WITHOUT, REFUSED], LIMIT)?;
    let said = appliance.run(
        "plan",
        &["mount_system", "zshield vault init --root /run/sys --dry-run --json"],
        LIMIT,
    )?;
    let plan = plan_in(&said)?;
    let steps = (1..).zip(&plan.steps);
    let points: Vec<String> = steps.flat_map(|(number, step)| points(number, step)).collect();
    for point in &points {
        appliance.cut(&[AFTER, AGAIN], point, LIMIT).with_context(|| format!("at {point}"))?;
    }
    appliance.run("end", &[AFTER, COPIED], LIMIT)?;
    ensure!(points.len() > plan.steps.len(), "only {} cuts", points.len());
    println!("      {} cuts, one vault after each", points.len());
    appliance.remove_disks()
}
