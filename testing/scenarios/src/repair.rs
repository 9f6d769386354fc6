//! The emergency stick on an appliance that no longer starts: what it is started by is made whole, and everything stays.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use super::rebuild::{DATA, KEPT, steps};
use crate::scenario::{Context, Scenario, Tier};
use zshield_machines::uml_appliance::{Payload, UmlAppliance};

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "stick-repair",
        shows: "partition tables, boot loader for either firmware, /boot and its filesystem, Golden Image and its filesystem, ledger and \
                GRUB's environment, each damaged alone and each two together: the stick names them, makes them whole, and \
                writes nothing else",
        tier: Tier::Uml,
        in_ci: false,
        run: all,
    },
    Scenario {
        name: "stick-repair-cut",
        shows: "the power is lost at each step of a repair of all of it: the stick goes on, and all is as it was",
        tier: Tier::Uml,
        in_ci: true,
        run: cut,
    },
];

const LIMIT: Duration = Duration::from_mins(15);

const FUNCTIONS: &str = include_str!("../sh/repair/functions.sh");
const ALL: &str = include_str!("../sh/repair/all.sh");
const BEFORE: &str = include_str!("../sh/repair/before.sh");
const DAMAGE: &str = include_str!("../sh/repair/damage.sh");
const REPAIR: &str = include_str!("../sh/repair/repair.sh");
const MENDED: &str = include_str!("../sh/repair/mended.sh");

fn appliance(context: &Context) -> Result<UmlAppliance> {
    // The SSD's own slot is not there to be mounted.
    Ok(context.uml_appliance(Payload::Smallest)?.without_golden().env("MODE", "repair"))
}

fn all(context: &Context) -> Result<()> {
    let appliance = appliance(context)?;
    appliance.run("data", &[DATA], LIMIT)?;
    let said = appliance.run("all", &[FUNCTIONS, ALL], LIMIT)?;
    let repairs = said.lines().filter(|line| line.starts_with("repaired: ")).count();
    println!("      {repairs} repairs");
    appliance.run("after", &[ACTIVE, KEPT], LIMIT)?;
    appliance.remove_disks()
}

fn cut(context: &Context) -> Result<()> {
    let appliance = appliance(context)?;
    appliance.run("data", &[DATA], LIMIT)?;
    appliance.run("before", &[FUNCTIONS, BEFORE], LIMIT)?;
    for what in ["esp boot-filesystem golden-filesystem core", "hdd-table table"] {
        cut_everywhere(&appliance.clone().env("DAMAGED", what))
            .with_context(|| format!("damaged: {what}"))?;
    }
    appliance.run("after", &[ACTIVE, KEPT], LIMIT)?;
    appliance.remove_disks()
}

/// Nobody has made the volumes active that are looked into.
const ACTIVE: &str = "lvm vgchange -q -ay vgroup";

/// Cuts a repair after each of its steps, and has the next one go on.
fn cut_everywhere(appliance: &UmlAppliance) -> Result<()> {
    let (damages, goes_on) = ([FUNCTIONS, DAMAGE, REPAIR], [FUNCTIONS, REPAIR, MENDED]);
    let plan = appliance.clone().env("MODE", "plan").run("plan", &damages, LIMIT)?;
    appliance.run("whole", &goes_on, LIMIT)?;
    let all = steps(&plan);
    ensure!(!all.is_empty(), "{plan}");
    for (number, name) in all {
        let point = format!("{number}:after");
        appliance.cut(&damages, &point, LIMIT).with_context(|| format!("at {name}"))?;
        appliance.run("goes-on", &goes_on, LIMIT).with_context(|| format!("after {name}"))?;
    }
    Ok(())
}
