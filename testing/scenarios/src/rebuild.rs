//! The emergency stick on an appliance that has lost its SSD, or that is only to be made anew: the
//! system comes from the stick, customer data and logs stay.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use super::kill_matrix::{INSTALLED, TEXT_LOST};
use crate::scenario::{Context, Scenario, Tier};
use zshield_machines::uml_appliance::{Payload, empty_ssd};

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "stick-rebuild-new-ssd",
        shows: "an empty SSD in place of the lost one: the stick makes the system anew, with the \
                power lost on the way, and keeps customer data and logs",
        tier: Tier::Uml,
        in_ci: true,
        run: |context| rebuild(context, Ssd::Replaced),
    },
    Scenario {
        name: "stick-rebuild-same-ssd",
        shows: "the same on the SSD that is there, whose backups go and whose ledger is of no use",
        tier: Tier::Uml,
        in_ci: true,
        run: |context| rebuild(context, Ssd::Same),
    },
    Scenario {
        name: "stick-rebuild-torn",
        shows: "a power cut tore the group on both disks before the stick was started: what shows a plan \
                leaves it so, the installation undoes the change, sees the data and keeps it",
        tier: Tier::Uml,
        in_ci: true,
        run: torn,
    },
];

/// Which SSD the stick finds.
#[derive(Clone, Copy)]
enum Ssd {
    Replaced,
    Same,
}

const PAYLOAD: Payload = Payload::Smallest;
const LIMIT: Duration = Duration::from_mins(5);

pub(super) const DATA: &str = include_str!("../sh/rebuild/data.sh");

const NO_LEDGER: &str = include_str!("../sh/rebuild/no-ledger.sh");

const CHANGE: &str = include_str!("../sh/rebuild/change.sh");

const TORN: &str = include_str!("../sh/rebuild/torn.sh");

pub(super) const KEPT: &str = include_str!("../sh/rebuild/kept.sh");

const INSTALL: &str = include_str!("../sh/rebuild/install.sh");

/// Where the power is lost: with the SSD empty, the group torn, the new root half there, and all
/// but the last step done.
const CUT_AT: [&str; 5] = ["erase-disk", "reduce-group", "extend-group", "unpack", "write-record"];

fn rebuild(context: &Context, ssd: Ssd) -> Result<()> {
    // The SSD's own slot is not there to be mounted.
    let appliance = context.uml_appliance(PAYLOAD)?.without_golden().env("MODE", "install");
    appliance.run("data", &[DATA], LIMIT)?;
    match ssd {
        Ssd::Replaced => empty_ssd(&context.directory, PAYLOAD)?,
        Ssd::Same => appliance.run("no-ledger", &[NO_LEDGER], LIMIT).map(drop)?,
    }
    let plan = appliance.clone().env("MODE", "plan").run("plan", &[INSTALL], LIMIT)?;
    let mut cuts = 0;
    for (number, name) in steps(&plan) {
        if CUT_AT.contains(&name.as_str()) {
            let place = if name == "unpack" { "within" } else { "after" };
            let point = format!("{number}:{place}");
            appliance.cut(&[INSTALL], &point, LIMIT).with_context(|| format!("at {name}"))?;
            cuts += 1;
        }
    }
    ensure!(cuts == CUT_AT.len(), "only {cuts} cuts in:\n{plan}");
    appliance.run("end", &[INSTALL], LIMIT)?;
    // What was kept is no part of the payload.
    let appliance = appliance.env("EXCLUDED", "customer-data");
    appliance.run("after", &[INSTALLED, KEPT], LIMIT)?;
    appliance.remove_disks()
}

fn torn(context: &Context) -> Result<()> {
    let appliance = context.uml_appliance(PAYLOAD)?.without_golden().env("MODE", "install");
    appliance.run("data", &[DATA, CHANGE, TEXT_LOST], LIMIT)?;
    appliance.run("shown", &[TORN], LIMIT)?;
    appliance.run("install", &[INSTALL], LIMIT)?;
    let appliance = appliance.env("EXCLUDED", "customer-data");
    appliance.run("after", &[INSTALLED, KEPT], LIMIT)?;
    appliance.remove_disks()
}

/// The numbers and names of a plan that was printed.
pub(super) fn steps(plan: &str) -> Vec<(usize, String)> {
    let step = |line: &str| {
        let (number, name) = line.trim_start().split_once(' ')?;
        let is_name = name.chars().all(|c| c.is_ascii_lowercase() || c == '-');
        Some((number.parse().ok()?, name.to_owned())).filter(|_| is_name && !name.is_empty())
    };
    plan.lines().filter_map(step).collect()
}
