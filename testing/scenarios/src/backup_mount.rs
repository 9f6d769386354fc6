//! Backups that people mount.

use std::time::Duration;

use anyhow::Result;

use crate::scenario::{Context, Scenario};
use zshield_machines::uml_appliance::Payload;

pub(super) const SCENARIOS: &[Scenario] = &[Scenario::uml(
    "backup-mount",
    "both backups are mounted at once and read, never written; one that is used is not replaced, and \
     one that was forgotten is unmounted by the next backup",
    run,
)];

const MOUNT: &str = include_str!("../sh/backup/mount.sh");

fn run(context: &Context) -> Result<()> {
    let appliance = context.uml_appliance(Payload::Smallest)?;
    appliance.run("mount", &[MOUNT], Duration::from_mins(5))?;
    appliance.remove_disks()
}
