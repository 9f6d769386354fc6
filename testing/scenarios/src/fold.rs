//! The factory state as a store over the latest backup, to which each backup appends.

use std::time::Duration;

use anyhow::{Result, ensure};

use crate::scenario::{Context, Scenario};
use zshield_machines::uml_appliance::Payload;

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario::uml(
        "backup-fold",
        "four backups of a system that is written meanwhile: the kernel follows root with the latest one alone, the \
         factory state stays what it was bit for bit, and both ways back lead where they shall",
        |context| fold(context, 4),
    ),
    Scenario::uml("backup-fold-often", "the same with forty", |context| fold(context, 40))
        .in_soak(),
    Scenario::uml(
        "backup-fold-base-lost",
        "the latest backup is removed by hand, and the factory state with it: the image is the way back, and the \
         next backup makes both anew",
        base_lost,
    ),
    Scenario::uml(
        "backup-fold-damaged",
        "the table of the factory state is damaged, as a snapshot and as a store: the backup is made all the same, and \
         the factory state anew from the image in the same run",
        damaged,
    ),
];

const LIMIT: Duration = Duration::from_mins(15);

const FOLD: &str = include_str!("../sh/backup/fold.sh");
const DAMAGED: &str = include_str!("../sh/backup/factory-damaged.sh");
const BASE_LOST: &str = include_str!("../sh/backup/base-lost.sh");

fn fold(context: &Context, count: usize) -> Result<()> {
    let appliance = context.uml_appliance(Payload::Smallest)?.env("COUNT", &count.to_string());
    let said = appliance.run("fold", &[FOLD], LIMIT)?;
    let nights = said.lines().filter(|line| line.starts_with("night ")).count();
    ensure!(nights == count, "only {nights} nights:\n{said}");
    appliance.remove_disks()
}

fn base_lost(context: &Context) -> Result<()> {
    let appliance = context.uml_appliance(Payload::Smallest)?;
    appliance.run("base-lost", &[BASE_LOST], LIMIT)?;
    appliance.remove_disks()
}

fn damaged(context: &Context) -> Result<()> {
    let appliance = context.uml_appliance(Payload::Smallest)?;
    appliance.run("damaged", &[DAMAGED], LIMIT)?;
    appliance.remove_disks()
}
