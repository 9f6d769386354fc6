//! Interrupted by people: signals, Ctrl-C, a closed terminal.

use anyhow::Result;

use crate::interrupted::INTERRUPTED;
use crate::scenario::{Context, Scenario};

use super::boots::{boot, boots};

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario::uml(
        "interrupted-backup-and-check",
        "INT, TERM, HUP, Ctrl-C and a closed terminal before a backup begins and while it is made; while a \
         check looks, and while it notes what it found: one of two states, no mount, and the next backup",
        |context| interrupted(context, "2 4", 1),
    ),
    Scenario::uml(
        "interrupted-backup-and-check-often",
        "the same after each of the first steps, five times",
        |context| interrupted(context, "1 2 3 4 5", 5),
    )
    .in_soak(),
];

const BACKUP: &str = include_str!("../../sh/interrupted/backup.sh");

const CHECK: &str = include_str!("../../sh/interrupted/check.sh");

fn interrupted(context: &Context, moments: &str, rounds: u32) -> Result<()> {
    let backup = boot("backup", &[INTERRUPTED, BACKUP]).with("MOMENTS", moments);
    let check = boot("check", &[INTERRUPTED, CHECK]);
    boots(context, &[backup.with("ROUNDS", rounds), check.with("ROUNDS", rounds)])
}
