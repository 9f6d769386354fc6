//! A new version is put in the place of the one that runs, and left again; on real LVM and device-mapper.

use std::time::Duration;

use anyhow::Result;

use crate::scenario::{Context, Scenario};
use zshield_machines::stick;
use zshield_machines::uml_appliance::{Payload, UmlAppliance};

pub(super) const SCENARIOS: &[Scenario] = &[Scenario::uml(
    "upgrade-files",
    "root, /boot and ledger become those of a new version, with what an administrator has changed; the rescue system \
     leads back to the old one, file by file",
    files,
)];

const LIMIT: Duration = Duration::from_mins(5);

const FUNCTIONS: &str = include_str!("../sh/upgrade/functions.sh");
const CHANGE: &str = include_str!("../sh/upgrade/change.sh");
const APPLY: &str = include_str!("../sh/upgrade/apply.sh");
const ON_TRIAL: &str = include_str!("../sh/upgrade/on-trial.sh");
const BACK: &str = include_str!("../sh/upgrade/back.sh");

/// An appliance of the old version, and a bundle that leads to the new one.
fn appliance(context: &Context, says: &str) -> Result<UmlAppliance> {
    let artifacts = context.artifacts;
    let (old, new) = (artifacts.smallest_stick()?, artifacts.next_stick()?);
    let appliance = context.uml_appliance(Payload::Smallest)?;
    let bundle = appliance.directory().join("next.zsb");
    stick::bundle(&artifacts.binary()?, &old, &new, says, &bundle)?;
    Ok(appliance.with_shared_disk(&new))
}

fn files(context: &Context) -> Result<()> {
    let appliance = appliance(context, "initrd = \"carried\"\n")?;
    appliance.run("change", &[FUNCTIONS, CHANGE], LIMIT)?;
    appliance.run("apply", &[FUNCTIONS, APPLY, ON_TRIAL], LIMIT)?;
    appliance.run("back", &[FUNCTIONS, BACK], LIMIT)?;
    appliance.remove_disks()
}
