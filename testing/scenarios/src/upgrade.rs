//! A new version is put in the place of the one that runs, and left again; on real LVM and device-mapper.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use super::running_matrix::{GO_ON, steps_said};
use crate::scenario::{Context, Scenario};
use zshield_machines::stick;
use zshield_machines::uml_appliance::{NEXT, Payload, UmlAppliance};

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario::uml(
        "upgrade-files",
        "root, /boot and ledger become those of a new version, with what an administrator has changed; the rescue \
         system leads back to the old one, file by file",
        files,
    ),
    Scenario::uml(
        "upgrade-kill-matrix",
        "power lost within and after each step of an upgrade: the machine is the old version or the new one, file by \
         file, or the rescue system makes it the old one",
        matrix,
    ),
];

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
    Ok(appliance
        .with_shared_disk(&new)
        .env("NEXT", "/dev/ubdd")
        .env("BUNDLE", "next")
        .env("OLD", "1.0.0"))
}

fn files(context: &Context) -> Result<()> {
    let appliance = appliance(context, "initrd = \"carried\"\n")?.env("PLAN", "1");
    appliance.run("change", &[NEXT, FUNCTIONS, CHANGE], LIMIT)?;
    appliance.run("apply", &[NEXT, FUNCTIONS, APPLY, ON_TRIAL], LIMIT)?;
    appliance.run("back", &[FUNCTIONS, BACK], LIMIT)?;
    appliance.remove_disks()
}

/// Looks at what came of a cut, and has the old version there again.
const AFTER: &str = include_str!("../sh/upgrade/after.sh");
/// The places within a step.
const WITHIN: [&str; 4] = ["stage-upgrade", "put-upgrade", "put-boot", "begin-trial"];

fn matrix(context: &Context) -> Result<()> {
    let appliance = appliance(context, "initrd = \"carried\"\n")?.env("PLAN", "2");
    appliance.run("change", &[NEXT, FUNCTIONS, CHANGE], LIMIT)?;
    let said = appliance.run("whole", &[FUNCTIONS, APPLY], LIMIT)?;
    // The backup that is made first has its own matrix.
    let said = said.rfind("step=1/").map_or("", |start| &said[start..]);
    let mut points = Vec::new();
    for (number, name) in steps_said(said) {
        points.extend(WITHIN.contains(&name).then(|| format!("{number}:within")));
        points.push(format!("{number}:after"));
    }
    ensure!(points.len() > WITHIN.len() + 6, "the upgrade said too little:\n{said}");
    for point in &points {
        let scripts = [NEXT, FUNCTIONS, GO_ON, AFTER, APPLY];
        appliance.cut(&scripts, point, LIMIT).with_context(|| format!("at {point}"))?;
    }
    appliance.run("end", &[NEXT, FUNCTIONS, GO_ON, AFTER], LIMIT)?;
    println!("      {} cuts, the old version or the new one after each", points.len());
    appliance.remove_disks()
}
