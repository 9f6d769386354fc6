//! Back to a backup in the vault: from the rescue system, while the system runs, and onto a new SSD.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use super::rebuild::steps;
use crate::scenario::{Context, Scenario};
use zshield_machines::uml_appliance::{INSTALL, Payload, UmlAppliance, empty_disks, empty_ssd};

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario::uml(
        "vault-recover",
        "back to an older backup in the vault: from the rescue system, with the power lost at every kind of step; while \
         the system runs, all of it and single files; what is damaged in the vault stays as it is and is named; user and \
         audit data and both ways back are what they were",
        recovered,
    ),
    Scenario::uml(
        "vault-new-ssd",
        "an empty SSD in place of the lost one: the next version's stick makes the system anew, the first start brings last night's \
         backup back from the vault by itself, with the power lost on the way; the system names its new partitions, is \
         the machine that it was, and is checked against its own version; customer data and logs are kept",
        onto_new_ssd,
    ),
    Scenario::uml(
        "vault-fetch",
        "a new machine in place of one that is gone: a backup is fetched from elsewhere with the recovery key; what is damaged \
         there is named; the machine goes back to it while it runs and stays itself, or takes the other's place, with the \
         power lost on the way",
        onto_new_machine,
    ),
];

const PAYLOAD: Payload = Payload::Smallest;
const LIMIT: Duration = Duration::from_mins(6);

const FUNCTIONS: &str = include_str!("../sh/vault-recover/functions.sh");
const NIGHTS: &str = include_str!("../sh/vault-recover/nights.sh");
const BREAK: &str = include_str!("../sh/running-matrix/break-all.sh");
const RECOVER: &str = include_str!("../sh/vault-recover/recover.sh");
const GO_ON: &str = include_str!("../sh/vault-recover/go-on.sh");
const LIVE: &str = include_str!("../sh/vault-recover/live.sh");
const DAMAGED: &str = include_str!("../sh/vault-recover/damaged.sh");
const REBUILD: &str = include_str!("../sh/vault-recover/rebuild.sh");
const FIRST_START: &str = include_str!("../sh/vault-recover/first-start.sh");
const ADOPTED: &str = include_str!("../sh/vault-recover/adopted.sh");

const GONE: &str = include_str!("../sh/vault-fetch/gone.sh");
const FETCHED: &str = include_str!("../sh/vault-fetch/fetched.sh");
const TAKEN_OVER: &str = include_str!("../sh/vault-fetch/taken-over.sh");
const BECAME: &str = include_str!("../sh/vault-fetch/became.sh");

/// Where the power is lost in a recovery: armed, half of the files written, with partitions named in half of the files, and
/// `/boot` half back.
const CUT_AT: [(&str, &str); 5] = [
    ("arm", "after"),
    ("put-right", "within"),
    ("adopt-partitions", "within"),
    ("restore-boot", "within"),
    ("disarm", "before"),
];

fn recovered(context: &Context) -> Result<()> {
    let appliance = context.uml_appliance(PAYLOAD)?.env("MODE", "run");
    appliance.run("nights", &[FUNCTIONS, NIGHTS], LIMIT)?;
    appliance.run("broken", &[FUNCTIONS, BREAK], LIMIT)?;
    let plan = appliance.clone().env("MODE", "plan").run("plan", &[FUNCTIONS, RECOVER], LIMIT)?;
    for (step, place) in CUT_AT {
        cut(&appliance, &plan, step, place)?;
    }
    appliance.run("gone-on", &[FUNCTIONS, GO_ON], LIMIT)?;
    appliance.run("live", &[FUNCTIONS, LIVE], LIMIT)?;
    appliance.run("damaged", &[FUNCTIONS, DAMAGED], LIMIT)?;
    appliance.remove_disks()
}

/// Cuts a recovery within a step, wherever the one before was cut.
fn cut(appliance: &UmlAppliance, plan: &str, step: &str, place: &str) -> Result<()> {
    let number = number_of(plan, step).with_context(|| format!("no step {step} in:\n{plan}"))?;
    appliance
        .cut(&[FUNCTIONS, RECOVER], &format!("{number}:{place}"), LIMIT)
        .with_context(|| format!("at {step}"))
}

/// The number of a step in a plan that was printed.
fn number_of(plan: &str, step: &str) -> Option<usize> {
    steps(plan).into_iter().find_map(|(number, name)| (name == step).then_some(number))
}

fn onto_new_ssd(context: &Context) -> Result<()> {
    let appliance = context.uml_appliance(PAYLOAD)?.env("MODE", "run");
    appliance.run("nights", &[FUNCTIONS, NIGHTS], LIMIT)?;
    empty_ssd(&context.directory, PAYLOAD)?;
    // The SSD's own slot is not there to be mounted.
    let stick = context.artifacts.next_stick()?;
    let stick = appliance.clone().without_golden().with_shared_disk(&stick);
    let plan = stick.clone().env("MODE", "plan").run("plan", &[FUNCTIONS, REBUILD], LIMIT)?;
    ensure!(plan.contains("order-recovery"), "{plan}");
    for (step, place) in [("order-recovery", "within"), ("write-record", "after")] {
        let number = number_of(&plan, step).with_context(|| plan.clone())?;
        stick.cut(&[FUNCTIONS, REBUILD], &format!("{number}:{place}"), LIMIT)?;
    }
    stick.run("rebuilt", &[FUNCTIONS, REBUILD], LIMIT)?;
    let plan = appliance.clone().env("MODE", "plan");
    let plan = plan.run("first-start-plan", &[FUNCTIONS, FIRST_START], LIMIT)?;
    for (step, place) in [("put-right", "within"), ("adopt-partitions", "within")] {
        let number = number_of(&plan, step).with_context(|| plan.clone())?;
        appliance.cut(&[FUNCTIONS, FIRST_START], &format!("{number}:{place}"), LIMIT)?;
    }
    appliance.run("first-start", &[FUNCTIONS, FIRST_START], LIMIT)?;
    appliance.run("adopted", &[FUNCTIONS, ADOPTED], LIMIT)?;
    appliance.remove_disks()
}

fn onto_new_machine(context: &Context) -> Result<()> {
    let appliance = context.uml_appliance(PAYLOAD)?.env("MODE", "run");
    appliance.run("nights", &[FUNCTIONS, NIGHTS], LIMIT)?;
    appliance.run("gone", &[FUNCTIONS, GONE], LIMIT)?;
    empty_disks(&context.directory, PAYLOAD)?;
    let new = appliance.clone().without_golden().env("MODE", "install");
    new.run("installed", &[INSTALL], LIMIT)?;
    appliance.run("fetched", &[FUNCTIONS, FETCHED], LIMIT)?;
    appliance.clone().env("MODE", "order").run("ordered", &[FUNCTIONS, TAKEN_OVER], LIMIT)?;
    let plan = appliance.clone().env("MODE", "plan");
    let plan = plan.run("taken-over-plan", &[FUNCTIONS, TAKEN_OVER], LIMIT)?;
    for (step, place) in [("arm", "after"), ("put-right", "within"), ("restore-boot", "within")] {
        let number = number_of(&plan, step).with_context(|| plan.clone())?;
        appliance.cut(&[FUNCTIONS, TAKEN_OVER], &format!("{number}:{place}"), LIMIT)?;
    }
    appliance.run("taken-over", &[FUNCTIONS, TAKEN_OVER], LIMIT)?;
    appliance.run("became", &[FUNCTIONS, BECAME], LIMIT)?;
    appliance.remove_disks()
}
