//! The volume of the vault, without what else there is of its appliance.

use std::fs;
use std::time::Duration;

use anyhow::{Result, ensure};

use crate::scenario::{Context, Scenario, Tier};
use zshield_machines::uml::Uml;

pub(super) const SCENARIOS: &[Scenario] = &[Scenario {
    name: "vault-without-ssd",
    shows: "an empty SSD in place of the lost one: the vault is mounted on the HDD alone, to be read, with what its \
            journal holds, again and again, and nothing of LVM's is changed by that",
    tier: Tier::Uml,
    in_ci: true,
    run: without_ssd,
}];

const LIMIT: Duration = Duration::from_mins(5);

/// A group as an appliance has it: root on the SSD, its snapshot and the vault on the HDD.
const FILLED: &str = include_str!("../sh/vault-volume/filled.sh");
const ALONE: &str = include_str!("../sh/vault-volume/alone.sh");

fn without_ssd(context: &Context) -> Result<()> {
    let tool = context.artifacts.vault_volume()?.display().to_string();
    let [ssd, hdd] = ["ssd.img", "hdd.img"].map(|name| context.directory.join(name));
    let empty = |disk, size| fs::File::create(disk)?.set_len(size);
    empty(&ssd, 1 << 30)?;
    empty(&hdd, 1 << 30)?;
    let machine = Uml::new(&context.directory)?
        .disk(&ssd)
        .disk(&hdd)
        .env("SHARED", &context.directory.display().to_string())
        .env("TOOL", &tool);
    machine.check("filled", FILLED, LIMIT)?;
    empty(&ssd, 1 << 30)?;
    let said = machine.check("alone", ALONE, LIMIT)?;
    ensure!(said.contains("the-vault-was-read"), "{said}");
    [ssd, hdd].iter().try_for_each(fs::remove_file)?;
    Ok(())
}
