//! No room, little memory, a wrong clock, and processes that are killed.

use anyhow::Result;

use crate::scenario::{Context, Scenario};

use super::boots::{boot, boots, boots_of};
use zshield_machines::uml_appliance::Payload;

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario::uml(
        "backup-disk-full",
        "root and /boot are full to the last block: the backup is there or says why not, the one \
         before stays, and a recovery brings the room back",
        |context| boots(context, &[boot("full", &[FULL]), boot("recovered", &[RECOVERED])]),
    ),
    Scenario::uml(
        "backup-clock-back",
        "the clock is set back ten years: backups go on, and the newest is the latest",
        |context| boots(context, &[boot("back", &[CLOCK])]),
    ),
    Scenario::uml(
        "backup-killed",
        "a backup is killed five times, from its beginning to its end: afterwards there is one \
         latest, no lock and nothing to tidy",
        |context| boots(context, &[boot("killed", &[KILLED]).with("TIMES", 5)]),
    ),
    Scenario::uml("backup-killed-hundred-times", "the same a hundred times", |context| {
        boots(context, &[boot("killed", &[KILLED]).with("TIMES", 100)])
    })
    .in_soak(),
    Scenario::uml(
        "daemon-killed",
        "a daemon is killed five times, with what it has begun or without, while it checks and backs \
         up: both ways back are offered, each time is counted, and the next one makes the night's backup",
        |context| killed_daemon(context, 5),
    ),
    Scenario::uml("daemon-killed-hundred-times", "the same a hundred times", |context| {
        killed_daemon(context, 100)
    })
    .in_soak(),
    Scenario::uml(
        "recover-little-memory",
        "a recovery that may use 96 MiB of addresses ends; one that is given no more once it is armed \
         fails, stays armed and is gone on with",
        |context| boots(context, &[boot("little", &[MEMORY]), boot("recovered", &[RECOVERED])]),
    ),
];

fn killed_daemon(context: &Context, times: u32) -> Result<()> {
    boots_of(context, Payload::Demo, &[boot("killed", &[DAEMON]).with("TIMES", times)])
}

const FULL: &str = include_str!("../../sh/faults/disk-full.sh");

const RECOVERED: &str = include_str!("../../sh/faults/disk-full-recovered.sh");

const CLOCK: &str = include_str!("../../sh/faults/clock-back.sh");

/// Killed after each fifth, or hundredth, of what a whole backup takes. Commands that it has
/// started go on without it, and are waited for.
const KILLED: &str = include_str!("../../sh/faults/backup-killed.sh");

/// Killed after each fifth, or hundredth, of the time that a night takes: a check, then a backup.
/// Every second time what it has begun is killed with it, as systemd does; else that goes on, and
/// the next daemon comes upon it.
const DAEMON: &str = include_str!("../../sh/faults/daemon-killed.sh");

const MEMORY: &str = include_str!("../../sh/faults/little-memory.sh");
