//! Backups in the vault, read by stock restic.

use std::time::Duration;

use anyhow::Result;

use crate::scenario::{Context, Scenario};
use zshield_machines::uml_appliance::Payload;

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario::uml(
        "vault-copy",
        "backups and the factory state are copied into the vault and sent to a directory elsewhere: stock restic checks \
         both and restores what the backups are, with every odd thing; little is new in a second night; a place that is \
         gone and a damaged pack are told, and keep nothing else from its turn; what was damaged is written anew, and what \
         was given up goes at the other place too",
        copied,
    ),
    Scenario::uml(
        "vault-copy-ended",
        "a copy that is ended while the factory state is being opened for it leaves nothing that keeps the next backup \
         from its turn",
        ended,
    ),
];

const LIMIT: Duration = Duration::from_mins(8);

const COPY: &str = include_str!("../sh/vault/copy.sh");

fn copied(context: &Context) -> Result<()> {
    let appliance = context.uml_appliance(Payload::Smallest)?;
    appliance.run("copied", &[COPY], LIMIT)?;
    appliance.remove_disks()
}

const ENDED: &str = include_str!("../sh/vault/ended.sh");

fn ended(context: &Context) -> Result<()> {
    let appliance = context.uml_appliance(Payload::Smallest)?;
    appliance.run("ended", &[ENDED], LIMIT)?;
    appliance.remove_disks()
}
