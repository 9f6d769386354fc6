//! The volume of the vault, without what else there is of its appliance.

use std::time::Duration;

use anyhow::{Result, ensure};

use crate::scenario::{Context, Scenario, Tier};
use zshield_machines::uml_appliance::{Payload, empty_ssd};

pub(super) const SCENARIOS: &[Scenario] = &[Scenario {
    name: "vault-without-ssd",
    shows: "an empty SSD in place of the lost one: the vault is mounted on the HDD alone, to be read, with what its \
            journal holds, again and again, and nothing of LVM's is changed by that",
    tier: Tier::Uml,
    in_ci: true,
    run: without_ssd,
}];

const PAYLOAD: Payload = Payload::Smallest;
const LIMIT: Duration = Duration::from_mins(5);

const FILLED: &str = include_str!("../sh/vault-volume/filled.sh");
const ALONE: &str = include_str!("../sh/vault-volume/alone.sh");

fn without_ssd(context: &Context) -> Result<()> {
    let tool = context.artifacts.vault_volume()?.display().to_string();
    // The SSD's own slot is not there to be mounted.
    let appliance = context.uml_appliance(PAYLOAD)?.without_golden().env("TOOL", &tool);
    appliance.run("filled", &[FILLED], LIMIT)?;
    empty_ssd(&context.directory, PAYLOAD)?;
    let said = appliance.run("alone", &[ALONE], LIMIT)?;
    ensure!(said.contains("the-vault-was-read"), "{said}");
    appliance.remove_disks()
}
