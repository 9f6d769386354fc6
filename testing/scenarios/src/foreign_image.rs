//! The Golden Image on the SSD replaced by another vendor's, signed and all.

use std::time::Duration;

use anyhow::{Context as _, Result};

use crate::scenario::{Context, Scenario};
use zshield_machines::uml_appliance::Payload;

pub(super) const SCENARIOS: &[Scenario] = &[Scenario::uml(
    "recover-foreign-image",
    "the slot on the SSD is another vendor's, signed with a key that its own rescue system trusts, and the \
     factory snapshot is gone: neither the running system nor that rescue system makes a system from it; \
     the way to the latest backup stays open",
    foreign,
)];

const LIMIT: Duration = Duration::from_mins(5);

const REPLACED: &str = include_str!("../sh/foreign-image.sh");

fn foreign(context: &Context) -> Result<()> {
    let stick = context.artifacts.foreign_stick()?;
    let keys = stick.parent().context("the stick is in no directory")?.display().to_string();
    let appliance = context.uml_appliance(Payload::Smallest)?.without_golden();
    let appliance = appliance.with_shared_disk(&stick).env("FOREIGN", &keys);
    appliance.run("foreign", &[REPLACED], LIMIT)?;
    appliance.remove_disks()
}
