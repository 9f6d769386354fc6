//! The Golden Image follows an upgrade: built in the inactive slot, switched, and with it the boot loader and the
//! factory state; the power lost at every fail point of it.

use std::time::Duration;

use anyhow::{Context as _, Result};

use crate::scenario::{Context, Scenario};
use zshield_machines::stick;
use zshield_machines::uml_appliance::{Payload, SLOTS, UmlAppliance};

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario::uml(
        "upgrade-golden",
        "a new image is put together in the inactive slot, bit for bit the one of the new stick, and switched to: \
         the factory state is the new version then, and the old stick is too old",
        once,
    ),
    Scenario::uml(
        "upgrade-golden-kill-matrix",
        "the same with power lost at each fail point: the disk starts, its rescue system is whole, and there is \
         a way back to a factory state and to the latest backup after every cut",
        matrix,
    )
    .in_soak(),
];

const LIMIT: Duration = Duration::from_mins(5);

const FUNCTIONS: &str = include_str!("../sh/upgrade-golden/functions.sh");
const BUILD: &str = include_str!("../sh/upgrade-golden/build.sh");
/// The steps of a part, WHICH.
const STEPS: &str = include_str!("../sh/upgrade-golden/steps.sh");
const BUILT_OR_NOT: &str = include_str!("../sh/upgrade-golden/built-or-not.sh");
const BUILT: &str = include_str!("../sh/upgrade-golden/built.sh");
const CONFIRM: &str = include_str!("../sh/upgrade-golden/confirm.sh");
const FOLLOW: &str = include_str!("../sh/upgrade-golden/follow.sh");
const WAYS_BACK: &str = include_str!("../sh/upgrade-golden/ways-back.sh");
const OLD_STICK: &str = include_str!("../sh/upgrade-golden/old-stick.sh");
const SETTLED: &str = include_str!("../sh/upgrade-golden/settled.sh");

/// An appliance of the old version, and the bundle that leads to the new one.
fn appliance(context: &Context) -> Result<UmlAppliance> {
    let artifacts = context.artifacts;
    let (old, new) = (artifacts.smallest_stick()?, artifacts.next_stick()?);
    let upgrade = artifacts.upgrade_golden()?.display().to_string();
    let appliance = context.uml_appliance(Payload::Smallest)?.without_golden();
    let bundle = appliance.directory().join("next.zsb");
    stick::bundle(&artifacts.binary()?, &old, &new, "factory = \"follows\"\n", &bundle)?;
    let devices = [("SSD", "/dev/ubda"), ("STICK", "/dev/ubdc"), ("NEXT", "/dev/ubdd")];
    let appliance = appliance.with_shared_disk(&new).env("UPGRADE", &upgrade);
    Ok(devices.iter().fold(appliance, |appliance, (name, device)| appliance.env(name, device)))
}

fn once(context: &Context) -> Result<()> {
    let appliance = appliance(context)?;
    appliance.run("build", &[SLOTS, FUNCTIONS, BUILD], LIMIT)?;
    appliance.run("built", &[SLOTS, FUNCTIONS, BUILT], LIMIT)?;
    appliance.run("confirm", &[SLOTS, FUNCTIONS, CONFIRM], LIMIT)?;
    appliance.run("ways-back", &[SLOTS, FUNCTIONS, WAYS_BACK], LIMIT)?;
    appliance.run("settled", &[SLOTS, FUNCTIONS, SETTLED], LIMIT)?;
    appliance.run("old-stick", &[SLOTS, FUNCTIONS, OLD_STICK], LIMIT)?;
    appliance.remove_disks()
}

/// Where the power is lost while the new image is put together: in its place is nothing, a part of it, all of it.
const IN_BUILD: [(&str, &str); 4] =
    [("mount", "after"), ("build-slot", "within"), ("build-slot", "after"), ("unmount", "after")];

/// Where it is lost while it is switched to.
const IN_SWITCH: [(&str, &str); 5] = [
    ("write-floor", "after"),
    ("switch-slot", "within"),
    ("switch-slot", "after"),
    ("unmount", "after"),
    ("write-ledger", "after"),
];

/// Where it is lost while boot loader and factory state follow. The last leaves nothing to be done.
const IN_RENEW: [(&str, &str); 8] = [
    ("renew-boot-loader", "within"),
    ("renew-boot-loader", "after"),
    ("create-snapshot", "after"),
    ("create-filesystem", "after"),
    ("unpack", "within"),
    ("prove", "after"),
    ("remove-volume", "after"),
    ("rename-volume", "after"),
];

fn matrix(context: &Context) -> Result<()> {
    let appliance = appliance(context)?;
    for (name, place) in IN_BUILD {
        cut(&appliance, "build", BUILD, (name, place))?;
        appliance.run("built-or-not", &[SLOTS, FUNCTIONS, BUILT_OR_NOT], LIMIT)?;
    }
    appliance.run("build", &[SLOTS, FUNCTIONS, BUILD], LIMIT)?;
    appliance.run("built", &[SLOTS, FUNCTIONS, BUILT], LIMIT)?;
    appliance.run("confirm", &[SLOTS, FUNCTIONS, CONFIRM], LIMIT)?;
    for (which, cuts) in [("switch", &IN_SWITCH[..]), ("renew", &IN_RENEW)] {
        let half = appliance.clone().env("WHICH", which);
        for (name, place) in cuts {
            cut(&half, which, FOLLOW, (name, place))?;
            let after = || format!("{which} cut {place} {name}");
            half.run("ways-back", &[SLOTS, FUNCTIONS, WAYS_BACK], LIMIT).with_context(after)?;
        }
    }
    appliance.run("settled", &[SLOTS, FUNCTIONS, SETTLED], LIMIT)?;
    let cuts = IN_BUILD.len() + IN_SWITCH.len() + IN_RENEW.len();
    println!("      {cuts} cuts, a start and both ways back after each");
    appliance.remove_disks()
}

/// Runs a part until the power fails at a place of the last step of this name; what a cut has left is cleared away
/// first, so that each plan has other numbers.
fn cut(
    appliance: &UmlAppliance,
    which: &str,
    script: &str,
    (name, place): (&str, &str),
) -> Result<()> {
    let at = || format!("{which}: {place} {name}");
    let half = appliance.clone().env("WHICH", which);
    let said = half.run("steps", &[SLOTS, FUNCTIONS, STEPS], LIMIT).with_context(at)?;
    let steps = said.lines().filter_map(|line| line.split_once("step=")?.1.split_once(" name="));
    let mut numbers = steps.filter(|(_, found)| found.trim() == name).map(|(number, _)| number);
    let number = numbers.next_back().with_context(at).context("no such step")?;
    appliance.cut(&[SLOTS, FUNCTIONS, script], &format!("{number}:{place}"), LIMIT).with_context(at)
}
